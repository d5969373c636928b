"""The models whose numbers are recorded.

Parameters have the layout of the engine: a linear layer is [in, out], an LSTM's gates lie in the order input, output,
forget, cell. Each model is a function from parameters, buffers and data to its loss, built from PyTorch's own layers.
"""

import torch
from torch import nn
from torch.func import functional_call
from torch.nn import functional as F

ROWS = 6


def draw(*shape, scale=0.5):
    return torch.randn(*shape) * scale


def perceptron():
    parameters = {"w1": draw(4, 6), "b1": draw(6), "w2": draw(6, 3), "b2": draw(3)}
    data = {"x": draw(ROWS, 4, scale=1), "y": torch.randint(0, 3, (ROWS,))}

    def loss(p, buffers, d):
        hidden = F.relu(d["x"] @ p["w1"] + p["b1"])
        return F.cross_entropy(hidden @ p["w2"] + p["b2"], d["y"], label_smoothing=0.1)

    return parameters, {}, data, loss


def convolutional():
    parameters = {
        "k1": draw(4, 2, 3, 3),
        "gain": draw(4) + 1,
        "shift": draw(4),
        "k2": draw(6, 2, 3, 2),
        "b2": draw(6),
        "w": draw(6, 3),
        "b": draw(3),
    }
    buffers = {"mean": torch.zeros(4), "variance": torch.ones(4)}
    data = {"x": draw(ROWS, 2, 8, 7, scale=1), "y": torch.randint(0, 3, (ROWS,))}

    def loss(p, buffers, d):
        x = F.conv2d(d["x"], p["k1"], padding=1)
        x = F.batch_norm(x, buffers["mean"], buffers["variance"], p["gain"], p["shift"], training=True)
        x = F.max_pool2d(F.relu(x), 3, stride=2, padding=1)
        x = F.conv2d(x, p["k2"], p["b2"], stride=(2, 1), dilation=(1, 2), groups=2, padding=(1, 0))
        x = F.avg_pool2d(F.silu(x), 2, stride=1)
        return F.cross_entropy(x.mean((2, 3)) @ p["w"] + p["b"], d["y"])

    return parameters, buffers, data, loss


def lstm():
    units, features, steps = 3, 2, 5
    parameters = {}
    for side in ("forward", "backward"):
        parameters[f"{side}.input"] = draw(features, 4 * units)
        parameters[f"{side}.hidden"] = draw(units, 4 * units)
        parameters[f"{side}.bias"] = draw(4 * units)
    parameters |= {"w": draw(2 * units, 1), "b": draw(1)}
    data = {"x": draw(ROWS, steps, features, scale=1), "y": draw(ROWS, 1, scale=1)}
    layer = nn.LSTM(features, units, bidirectional=True, batch_first=True)

    def gates(w):
        i, o, f, c = w.chunk(4, -1)
        return torch.cat([i, f, c, o], -1)

    def loss(p, buffers, d):
        weights = {}
        for side, suffix in (("forward", ""), ("backward", "_reverse")):
            weights[f"weight_ih_l0{suffix}"] = gates(p[f"{side}.input"]).T
            weights[f"weight_hh_l0{suffix}"] = gates(p[f"{side}.hidden"]).T
            weights[f"bias_ih_l0{suffix}"] = gates(p[f"{side}.bias"])
            weights[f"bias_hh_l0{suffix}"] = torch.zeros(4 * units)
        sequence, _ = functional_call(layer, weights, d["x"])
        return F.smooth_l1_loss(sequence.mean(1) @ p["w"] + p["b"], d["y"])

    return parameters, {}, data, loss


def transformer():
    width, heads, inner, length = 8, 2, 12, 4
    parameters = {
        "qkv.w": draw(width, 3 * width),
        "qkv.b": draw(3 * width),
        "out.w": draw(width, width),
        "out.b": draw(width),
        "norm1.gain": draw(width) + 1,
        "norm1.bias": draw(width),
        "up.w": draw(width, inner),
        "up.b": draw(inner),
        "down.w": draw(inner, width),
        "down.b": draw(width),
        "norm2.gain": draw(width) + 1,
        "norm2.bias": draw(width),
    }
    data = {"x": draw(ROWS, length, width, scale=1), "y": draw(ROWS, length, width, scale=1)}
    block = nn.TransformerEncoderLayer(
        width, heads, inner, dropout=0, activation="gelu", batch_first=True, norm_first=True
    )
    names = {
        "self_attn.in_proj_weight": "qkv.w",
        "self_attn.in_proj_bias": "qkv.b",
        "self_attn.out_proj.weight": "out.w",
        "self_attn.out_proj.bias": "out.b",
        "linear1.weight": "up.w",
        "linear1.bias": "up.b",
        "linear2.weight": "down.w",
        "linear2.bias": "down.b",
        "norm1.weight": "norm1.gain",
        "norm1.bias": "norm1.bias",
        "norm2.weight": "norm2.gain",
        "norm2.bias": "norm2.bias",
    }
    mask = nn.Transformer.generate_square_subsequent_mask(length)

    def loss(p, buffers, d):
        weights = {theirs: p[ours].T if p[ours].ndim == 2 else p[ours] for theirs, ours in names.items()}
        return F.mse_loss(functional_call(block, weights, (d["x"],), {"src_mask": mask}), d["y"])

    return parameters, {}, data, loss


def deep_hpm():
    """Raissi 2018: u(t, x) fits what was observed, and u_t = N(u, u_x, u_xx) holds for a learned N."""
    width = 6
    parameters = {
        "u.w1": draw(2, width),
        "u.b1": draw(width),
        "u.w2": draw(width, 1),
        "u.b2": draw(1),
        "n.w1": draw(3, width),
        "n.b1": draw(width),
        "n.w2": draw(width, 1),
        "n.b2": draw(1),
    }
    data = {"x": draw(ROWS, 2, scale=1), "y": torch.cat([draw(ROWS, 1, scale=1), torch.zeros(ROWS, 1)], 1)}

    def loss(p, buffers, d):
        t, x = (d["x"][:, i : i + 1].clone().requires_grad_() for i in (0, 1))

        def net(name, values):
            return torch.tanh(values @ p[f"{name}.w1"] + p[f"{name}.b1"]) @ p[f"{name}.w2"] + p[f"{name}.b2"]

        def slope(y, by):
            return torch.autograd.grad(y.sum(), by, create_graph=True)[0]

        u = net("u", torch.cat([t, x], 1))
        u_x = slope(u, x)
        rest = slope(u, t) - net("n", torch.cat([u, u_x, slope(u_x, x)], 1))
        return F.mse_loss(torch.cat([u, rest], 1), d["y"])

    return parameters, {}, data, loss


def bilstm():
    """Two bidirectional layers under PyTorch's own names; the output at the last step goes through a linear layer."""
    units, features, steps = 3, 2, 5
    layer = nn.LSTM(features, units, num_layers=2, bidirectional=True, batch_first=True)
    parameters = {f"lstm.{name}": draw(*value.shape) for name, value in layer.named_parameters()}
    parameters |= {"head.weight": draw(2 * units, 1), "head.bias": draw(1)}
    data = {"x": draw(ROWS, steps, features, scale=1), "y": draw(ROWS, 1, scale=1)}

    def loss(p, buffers, d):
        weights = {name: p[f"lstm.{name}"] for name, _ in layer.named_parameters()}
        sequence, _ = functional_call(layer, weights, d["x"])
        return F.mse_loss(sequence[:, -1] @ p["head.weight"] + p["head.bias"], d["y"])

    return parameters, {}, data, loss


def tanh_layers(name, inputs, width, depth=2):
    widths = [inputs, *[width] * depth, 1]
    return {
        key: value
        for i in range(depth + 1)
        for key, value in {
            f"{name}.{3 * i}.weight": draw(widths[i], widths[i + 1]),
            f"{name}.{3 * i}.bias": draw(widths[i + 1]),
        }.items()
    }


def through(p, name, x, depth=2):
    for i in range(depth):
        x = torch.tanh(x @ p[f"{name}.{3 * i}.weight"] + p[f"{name}.{3 * i}.bias"])
    return x @ p[f"{name}.{3 * depth}.weight"] + p[f"{name}.{3 * depth}.bias"]


def physics_informed(dynamics, law):
    """Wen et al. 2024: U(s, t), F = U_t - G, F_t, with learned log-variances. The time is the column in the middle."""
    features, time, width = 3, 1, 4

    def build():
        parameters = tanh_layers("surrogate", features, width) | dynamics(features, width)
        parameters |= {f"log_variance.{term}": draw(1) for term in ("U", "F", "F_t")}
        data = {"x": draw(ROWS, features, scale=1), "y": draw(ROWS, 1, scale=1)}

        def loss(p, buffers, d):
            columns = [d["x"][:, i : i + 1].clone().requires_grad_() for i in range(features)]
            t, s = columns[time], [column for i, column in enumerate(columns) if i != time]

            def slopes(y, by):
                return torch.autograd.grad(y.sum(), by, create_graph=True)

            u = through(p, "surrogate", torch.cat(columns, 1))
            rest = slopes(u, [t])[0] - law(p, u, s, t, slopes)
            losses = [F.mse_loss(u, d["y"]), rest.square().mean(), slopes(rest, [t])[0].square().mean()]
            balances = [p[f"log_variance.{term}"] for term in ("U", "F", "F_t")]
            return sum((torch.exp(-b) * one + b).sum() for one, b in zip(losses, balances))

        return parameters, {}, data, loss

    return build


def learned(p, u, s, t, slopes):
    first = torch.cat(slopes(u, s), 1)
    second = torch.cat(slopes(first, s), 1)
    return through(p, "dynamics", torch.cat([u, *s, t, first, second], 1))


def verhulst(p, u, s, t, slopes):
    grown = u - p["dynamics.C"]
    return torch.exp(p["dynamics.log_r"]) * grown * (1 - grown / torch.exp(p["dynamics.log_span"]))


MODELS = {
    "bilstm": bilstm,
    "physics-informed": physics_informed(
        lambda features, width: tanh_layers("dynamics", 2 + 3 * (features - 1), width), learned
    ),
    "verhulst": physics_informed(
        lambda *_: {"dynamics.log_r": draw(1), "dynamics.C": draw(1), "dynamics.log_span": draw(1)}, verhulst
    ),
    "perceptron": perceptron,
    "convolutional": convolutional,
    "lstm": lstm,
    "transformer": transformer,
    "deep-hpm": deep_hpm,
}
