"""A training step of this program beside the same one of the Python library: processor seconds, one thread.

    scripts/peers/steps.py TARGET/release MODEL [--rows 4] [--tokens 256] [--runs 3]

MODEL is a directory that `layoutlm models export` has written. On both sides: random windows with a picture
each, forward with dropout, cross-entropy of every token, backward through all weights, gradients clipped to norm
1, AdamW; in 32 bits and with products in bf16 (autocast there). Medians over rounds in which every way has its
turn. Needs what scripts/interchange/run installs, and `cargo build --release --example training_step`.
"""
import argparse
import statistics
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
try:
    import detectron2  # noqa: F401
except ImportError:
    sys.path.insert(0, str(HERE.parent / "interchange"))
import processor  # noqa: E402
import torch  # noqa: E402
import transformers  # noqa: E402

STEPS = 2


def batch(config, rows, tokens):
    generator = torch.Generator().manual_seed(1)

    def numbers(high, *shape):
        return torch.randint(0, high, shape, generator=generator)

    corner = numbers(700, rows, tokens, 2)
    return dict(
        input_ids=numbers(config.vocab_size, rows, tokens),
        bbox=torch.cat([corner, corner + numbers(300, rows, tokens, 2)], -1),
        attention_mask=torch.ones(rows, tokens, dtype=torch.long),
        image=numbers(256, rows, 3, 224, 224).to(torch.uint8),
        labels=numbers(config.num_labels, rows, tokens),
    )


def python_step(directory, inputs):
    """The usual loop: the Trainer's default optimiser, without its bookkeeping."""
    model = transformers.LayoutLMv2ForTokenClassification.from_pretrained(directory).train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-4, weight_decay=0.01)

    def step(is_half):
        with torch.autocast("cpu", enabled=is_half, dtype=torch.bfloat16):
            loss = model(**inputs).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()

    return step


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binaries", type=Path)
    parser.add_argument("model", type=Path)
    parser.add_argument("--rows", type=int, default=4)
    parser.add_argument("--tokens", type=int, default=256)
    parser.add_argument("--runs", type=int, default=3)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    config = transformers.LayoutLMv2Config.from_pretrained(arguments.model)
    step = python_step(arguments.model, batch(config, arguments.rows, arguments.tokens))
    program = arguments.binaries.resolve() / "examples" / "training_step"

    def there(is_half):
        return processor.own(lambda: [step(is_half) for _ in range(STEPS)]) / STEPS

    def here(precision):
        def command(steps):
            return [program, arguments.model, arguments.rows, arguments.tokens, steps, precision]
        return processor.a_repetition(command, 1, 1 + STEPS)

    ways = {
        "Python, f32": lambda: there(False),
        "here, f32": lambda: here("f32"),
        "Python, bf16 autocast": lambda: there(True),
        "here, bf16": lambda: here("bf16"),
    }
    step(False), step(True)  # warm-up
    took = {name: [] for name in ways}
    for _ in range(arguments.runs):
        for name, measure in ways.items():
            took[name].append(measure())
    print(f"torch {torch.__version__}, transformers {transformers.__version__}, one thread; "
          f"{arguments.rows} windows of {arguments.tokens} tokens and 49 of the picture")
    print("| | processor s a step | least | most |")
    print("|---|---|---|---|")
    for name, seconds in took.items():
        print(f"| {name} | {statistics.median(seconds):.2f} | {min(seconds):.2f} | {max(seconds):.2f} |")


main()
