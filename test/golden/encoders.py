"""Records test/fixtures/encoders/: for each architecture a small model with random weights as transformers writes it, and
what transformers computes with it: hidden states, logits, the loss, every gradient, and the parameters after ten steps.

    python3 -m venv .venv && .venv/bin/pip install -r test/golden/encoders-requirements.txt
    .venv/bin/python test/golden/encoders.py
"""

import json
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModelForSequenceClassification, BertConfig, DebertaV2Config, DistilBertConfig, RobertaConfig
from transformers.models.deberta_v2.modeling_deberta_v2 import make_log_bucket_position

STEPS = 10
CLASSES = 3

COMMON = {"vocab_size": 40, "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 24}
COMMON |= {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0, "initializer_range": 0.3}
COMMON |= {"num_labels": CLASSES}

V3 = {"relative_attention": True, "position_buckets": 8, "norm_rel_ebd": "layer_norm", "share_att_key": True}
V3 |= {"pos_att_type": "p2c|c2p", "position_biased_input": False, "type_vocab_size": 0}
V2 = {"relative_attention": True, "max_relative_positions": 6, "pos_att_type": ["c2p", "p2c"], "type_vocab_size": 2}
V2 |= {"position_biased_input": True, "embedding_size": 12, "hidden_act": "gelu_new", "pooler_hidden_act": "tanh"}

CONFIGS = {
    "bert": BertConfig(**COMMON, max_position_embeddings=24),
    "distilbert": DistilBertConfig(
        **{"vocab_size": 40, "dim": 16, "n_layers": 2, "n_heads": 2, "hidden_dim": 24, "max_position_embeddings": 24},
        **{"dropout": 0.0, "attention_dropout": 0.0, "seq_classif_dropout": 0.0, "initializer_range": 0.3},
        num_labels=CLASSES,
    ),
    "roberta": RobertaConfig(**COMMON, max_position_embeddings=26, type_vocab_size=1, layer_norm_eps=1e-5, hidden_act="gelu_new"),
    "deberta-v3": DebertaV2Config(**COMMON, **V3, max_position_embeddings=24, layer_norm_eps=1e-7),
    "deberta-v2": DebertaV2Config(**COMMON, **V2, max_position_embeddings=24),
}

# Of two texts, one of which is padded.
LENGTHS = [19, 7, 12]


def undecayed(name):
    return name.endswith(".bias") or "layernorm" in name.lower() or "layer_norm" in name


def inputs(config):
    generator = torch.Generator().manual_seed(3)
    longest = max(LENGTHS)
    ids = torch.full((len(LENGTHS), longest), config.pad_token_id)
    for row, length in enumerate(LENGTHS):
        ids[row, :length] = torch.randint(4, config.vocab_size, (length,), generator=generator)
    mask = torch.zeros_like(ids)
    for row, length in enumerate(LENGTHS):
        mask[row, :length] = 1
    return ids, mask, torch.tensor([2, 0, 1])


def record(name, config, folder):
    torch.manual_seed(11)
    config._attn_implementation = "eager"
    model = AutoModelForSequenceClassification.from_config(config)
    with torch.no_grad():
        for parameter in model.parameters():
            # Norms and biases begin with ones and zeros, which would hide what is done with them.
            if parameter.ndim == 1:
                parameter += 0.2 * torch.randn_like(parameter)
    if name == "deberta-v3":
        # As on the hub: half precision, in a pickle.
        model = model.half().float()
    model.eval()
    folder.mkdir(parents=True, exist_ok=True)
    model.save_pretrained(folder)
    state = model.state_dict()
    torch.save({k: v.half() for k, v in state.items()} if name == "deberta-v3" else state, folder / "pytorch_model.bin")
    if name == "deberta-v3":
        (folder / "model.safetensors").unlink()
    ids, mask, labels = inputs(config)

    def loss_of(model):
        return model(input_ids=ids, attention_mask=mask, labels=labels, output_hidden_states=True)

    numbers = {"ids": ids, "mask": mask, "labels": labels}
    out = loss_of(model)
    out.loss.backward()
    numbers |= {"hidden": out.hidden_states[-1], "logits": out.logits, "loss": out.loss.reshape(1)}
    numbers |= {f"gradient/{k}": p.grad for k, p in model.named_parameters()}
    groups = [
        {"params": [p for k, p in model.named_parameters() if not undecayed(k)], "weight_decay": 0.1},
        {"params": [p for k, p in model.named_parameters() if undecayed(k)], "weight_decay": 0.0},
    ]
    # A large epsilon: where a gradient is zero but for rounding, Adam would make a step of the rounding.
    optimizer = torch.optim.AdamW(groups, lr=0.003, eps=1e-3)
    for _ in range(STEPS):
        optimizer.zero_grad()
        loss_of(model).loss.backward()
        optimizer.step()
    numbers |= {f"after/{k}": p.detach() for k, p in model.named_parameters()}
    save_file({k: v.detach().contiguous() for k, v in numbers.items()}, folder / "numbers.safetensors")
    size = sum(f.stat().st_size for f in folder.iterdir())
    print(name, size, {k: tuple(v.shape) for k, v in list(state.items())[:3]})


if __name__ == "__main__":
    torch.set_num_threads(1)
    root = Path(__file__).parent.parent / "fixtures" / "encoders"
    for name, config in CONFIGS.items():
        record(name, config, root / name)
    # The bucket of each distance from -511 to 511, of a model with 256 buckets.
    distances = torch.arange(-511, 512)
    buckets = make_log_bucket_position(distances, 256, 512).long().tolist()
    (root / "buckets.json").write_text(json.dumps(buckets, separators=(",", ":")) + "\n")
