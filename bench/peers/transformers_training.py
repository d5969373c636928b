"""Fine-tunes encoders of transformers with random weights, as asked on standard input; see `torch_training.py`.

    python transformers_training.py THREADS
"""

import sys
import time

import torch
from transformers import AutoModelForSequenceClassification, BertConfig, DebertaV2Config, DistilBertConfig

V3 = {"relative_attention": True, "position_buckets": 256, "norm_rel_ebd": "layer_norm", "share_att_key": True}
V3 |= {"pos_att_type": "p2c|c2p", "position_biased_input": False, "type_vocab_size": 0, "layer_norm_eps": 1e-7}
SIX = {"hidden_size": 384, "num_hidden_layers": 6, "num_attention_heads": 12, "intermediate_size": 1536}
BASE = {"hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12, "intermediate_size": 3072}

# The configuration, and texts of a batch; each has 128 tokens.
MODELS = {
    "minilm": (BertConfig(**SIX), 16),
    "distilbert": (DistilBertConfig(), 8),
    "deberta": (DebertaV2Config(**BASE, **V3), 8),
}
TOKENS = 128


def training(name):
    config, rows = MODELS[name]
    config._attn_implementation = "eager"
    model = AutoModelForSequenceClassification.from_config(config).train()
    ids = torch.randint(5, config.vocab_size, (rows, TOKENS))
    mask, labels = torch.ones_like(ids), torch.arange(rows) % 2
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-5)

    def step():
        optimizer.zero_grad()
        loss = model(input_ids=ids, attention_mask=mask, labels=labels).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        return loss.item()

    step()
    return step


def main():
    torch.manual_seed(1)
    torch.set_num_threads(int(sys.argv[1]))
    made = {}
    for line in sys.stdin:
        name, steps = line.split()
        try:
            if name not in made:
                made = {name: training(name)}
            start = time.perf_counter()
            for _ in range(int(steps)):
                made[name]()
            print(time.perf_counter() - start, flush=True)
        except Exception as error:
            print("error", type(error).__name__, *str(error).split("\n")[:1], flush=True)


if __name__ == "__main__":
    main()
