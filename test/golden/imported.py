"""Models as scikit-learn (by skl2onnx), XGBoost (by onnxmltools) and PyTorch export them, with rows and what those libraries
answer themselves, models that a converter changed, and models that cannot be served: test/fixtures/golden/imported.json, each model in base64."""

import base64
import io
import json
import warnings
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper
from onnxmltools import convert_xgboost
from onnxmltools.convert.common.data_types import FloatTensorType as XgbFloat
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType, Int64TensorType, StringTensorType
from sklearn.compose import ColumnTransformer
from sklearn.datasets import load_diabetes, load_iris
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from xgboost import XGBClassifier, XGBRegressor

warnings.filterwarnings("ignore")
text = lambda model: base64.b64encode(model if isinstance(model, bytes) else model.SerializeToString()).decode()
served, refused, differing = {}, {}, {}


def serve(name, model, rows, labels=None, numbers=None):
    numbers = np.asarray(numbers, dtype=np.float64).tolist()
    served[name] = {"onnx": text(model), "rows": rows, "numbers": numbers}
    if labels is not None:
        served[name]["labels"] = [str(label) for label in labels]


X, y = load_iris(return_X_y=True)
X = X.astype(np.float32)
some = X[::30]
forest = RandomForestClassifier(n_estimators=5, max_depth=3, random_state=0).fit(X, y)
serve("scikit-learn, a matrix", to_onnx(forest, X[:1], options={"zipmap": False}), some.tolist(), forest.predict(some), forest.predict_proba(some))
serve("scikit-learn, with ZipMap", to_onnx(forest, X[:1]), some.tolist(), forest.predict(some), forest.predict_proba(some))

islands = np.array(["Biscoe", "Dream", "Torgersen"])
count = 90
rng = np.random.default_rng(0)
table = np.empty((count, 3), dtype=object)
table[:, 0] = islands[np.arange(count) % 3]
table[:, 1] = rng.normal(4000, 500, count).astype(np.float32)
table[:, 2] = rng.integers(2007, 2010, count)
species = np.where(table[:, 1].astype(float) + 400 * (np.arange(count) % 3 == 0) > 4200, "Gentoo", "Adelie")
columns = ColumnTransformer([("words", OneHotEncoder(), [0]), ("numbers", StandardScaler(), [1, 2])])
pipeline = make_pipeline(columns, LogisticRegression()).fit(table, species)
types = [("island", StringTensorType([None, 1])), ("mass", FloatTensorType([None, 1])), ("year", Int64TensorType([None, 1]))]
serve("scikit-learn, a table", to_onnx(pipeline, initial_types=types), table[:5].tolist(), pipeline.predict(table[:5]), pipeline.predict_proba(table[:5]))

D, t = load_diabetes(return_X_y=True)
D = D.astype(np.float32)
linear = LinearRegression().fit(D, t)
serve("scikit-learn, a regression", to_onnx(linear, D[:1]), D[:4].tolist(), numbers=linear.predict(D[:4]))

boosted = XGBClassifier(n_estimators=4, max_depth=2).fit(X, y)
serve("XGBoost, a classifier", convert_xgboost(boosted, initial_types=[("input", XgbFloat([None, 4]))]), some.tolist(), boosted.predict(some), boosted.predict_proba(some))
boosted = XGBRegressor(n_estimators=4, max_depth=2).fit(D, t)
serve("XGBoost, a regression", convert_xgboost(boosted, initial_types=[("input", XgbFloat([None, 10]))]), D[:4].tolist(), numbers=boosted.predict(D[:4]))
# onnxmltools leaves out the logistic function at the end of this objective.
shares = (t - t.min()) / (t.max() - t.min())
boosted = XGBRegressor(n_estimators=4, max_depth=2, objective="reg:logistic").fit(D, shares)
differing["XGBoost, reg:logistic"] = {
    "onnx": text(convert_xgboost(boosted, initial_types=[("input", XgbFloat([None, 10]))])),
    "rows": D[:4].tolist(),
    "numbers": boosted.predict(D[:4]).astype(np.float64).tolist(),
}


def exported(module, example, **axes):
    into = io.BytesIO()
    options = {"dynamic_axes": {"x": {0: "batch"}}} if axes.get("dynamic", True) else {}
    torch.onnx.export(module, example, into, input_names=["x"], output_names=["y"], dynamo=False, **options)
    return into.getvalue()


torch.manual_seed(0)
module = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.ReLU(), torch.nn.Linear(8, 3)).eval()
with torch.no_grad():
    probabilities = module(torch.from_numpy(some)).softmax(dim=1).numpy()
serve("PyTorch, logits", exported(module, torch.zeros(1, 4)), some.tolist(), probabilities.argmax(axis=1), probabilities)
single = torch.nn.Linear(4, 1).eval()
with torch.no_grad():
    serve("PyTorch, a regression", exported(single, torch.zeros(1, 4)), some.tolist(), numbers=single(torch.from_numpy(some))[:, 0].numpy())

refused["one row"] = text(exported(module, torch.zeros(1, 4), dynamic=False))
refused["images"] = text(exported(torch.nn.Conv2d(3, 2, 3), torch.zeros(1, 3, 8, 8)))


def graph(nodes, inputs=None, outputs=None, initializers=(), opsets=None, **options):
    inputs = inputs or [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 2])]
    outputs = outputs or [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", 1])]
    made = helper.make_graph(nodes, "g", inputs, outputs, list(initializers))
    return helper.make_model(made, opset_imports=opsets or [helper.make_opsetid("", 17)], ir_version=8, **options)


weights = helper.make_tensor("w", TensorProto.FLOAT, [2, 1], [1, 2])
multiply = helper.make_node("MatMul", ["x", "w"], ["y"])
refused["another domain"] = text(
    graph([helper.make_node("FusedMatMul", ["x", "w"], ["y"], domain="com.microsoft", name="fused")], initializers=[weights], opsets=[helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1)])
)
body = helper.make_graph(
    [helper.make_node("Identity", ["go"], ["on"])],
    "body",
    [helper.make_tensor_value_info("i", TensorProto.INT64, []), helper.make_tensor_value_info("go", TensorProto.BOOL, [])],
    [helper.make_tensor_value_info("on", TensorProto.BOOL, [])],
)
inner = helper.make_graph([helper.make_node("Loop", ["", ""], [], body=body, name="forever"), helper.make_node("Identity", ["x"], ["z"])], "branch", [], [helper.make_tensor_value_info("z", TensorProto.FLOAT, ["n", 2])])
yes = helper.make_tensor("yes", TensorProto.BOOL, [], [True])
refused["a loop in a branch"] = text(graph([helper.make_node("If", ["yes"], ["y"], then_branch=inner, else_branch=inner)], initializers=[yes]))
outside = onnx.TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[2, 1], data_location=TensorProto.EXTERNAL)
outside.external_data.add(key="location", value="../../etc/passwd")
refused["numbers elsewhere"] = text(graph([multiply], initializers=[outside]))
function = helper.make_function("own", "F", ["a"], ["b"], [helper.make_node("Identity", ["a"], ["b"])], [helper.make_opsetid("", 17)])
refused["functions"] = text(graph([helper.make_node("F", ["x"], ["y"], domain="own")], opsets=[helper.make_opsetid("", 17), helper.make_opsetid("own", 1)], functions=[function]))
huge = helper.make_tensor("s", TensorProto.INT64, [2], [100000, 100000])
refused["a bomb"] = text(graph([helper.make_node("ConstantOfShape", ["s"], ["c"], name="zeros"), helper.make_node("MatMul", ["x", "w"], ["y"])], initializers=[weights, huge]))
refused["a wrong shape"] = text(graph([multiply], initializers=[helper.make_tensor("w", TensorProto.FLOAT, [3, 1], [1, 2, 3])]))
refused["no such operator"] = text(graph([helper.make_node("Nonsense", ["x"], ["y"], name="what")]))
refused["a new opset"] = text(graph([multiply], initializers=[weights], opsets=[helper.make_opsetid("", 99)]))
half = [helper.make_tensor_value_info("x", TensorProto.FLOAT16, ["n", 2])]
refused["half precision"] = text(graph([helper.make_node("Cast", ["x"], ["y"], to=1)], inputs=half))
refused["unknown width"] = text(graph([helper.make_node("ReduceMean", ["x"], ["y"], axes=[1])], inputs=[helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", "k"])]))
refused["no answers"] = text(graph([helper.make_node("ReduceSum", ["x"], ["y"], keepdims=0)], outputs=[helper.make_tensor_value_info("y", TensorProto.FLOAT, [])]))

target = Path(__file__).parent.parent / "fixtures" / "golden" / "imported.json"
target.write_text(json.dumps({"served": served, "differing": differing, "refused": refused}, indent=1) + "\n")
