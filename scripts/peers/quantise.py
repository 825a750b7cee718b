"""8-bit dynamic quantisation of the Python library's LayoutLMv2-base beside 32 bits and bf16, there and here.

    scripts/peers/quantise.py TARGET/release WORK [--runs 3]

Processor seconds a page of 512 tokens on one thread, medians over rounds in which every way has its turn, and
how far logits move from those in 32 bits. WORK keeps the model (random weights, as `scripts/interchange/run
--full-size` makes them). Needs what that script installs, and `cargo build --release --example logits`.
"""
import argparse
import copy
import statistics
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "interchange"))
import exchange  # noqa: E402
import processor  # noqa: E402
import torch  # noqa: E402
import transformers  # noqa: E402
from safetensors.torch import load_file  # noqa: E402


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binaries", type=Path)
    parser.add_argument("work", type=Path)
    parser.add_argument("--runs", type=int, default=3)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    arguments.work.mkdir(parents=True, exist_ok=True)
    directory = exchange.full_size_model("base", {}, arguments.work)
    inputs = {k.removeprefix("input."): v for k, v in load_file(directory / "in.safetensors").items()}
    plain = transformers.LayoutLMv2ForTokenClassification.from_pretrained(directory).eval()
    # The tables of relative biases are linear layers there too, of which only the weights are used.
    linear = {name for name, module in plain.named_modules()
              if isinstance(module, torch.nn.Linear) and "rel_pos" not in name}
    small = torch.ao.quantization.quantize_dynamic(copy.deepcopy(plain), linear, dtype=torch.qint8)
    program = arguments.binaries.resolve() / "examples" / "logits"

    def there(model, **autocast):
        with torch.no_grad(), torch.autocast("cpu", enabled=bool(autocast), **autocast):
            return model(**inputs).logits.float()

    def here(arithmetic):
        def command(passes):
            return [program, directory, directory / "in.safetensors",
                    arguments.work / f"{arithmetic}.safetensors", arithmetic, passes]
        return lambda: processor.a_repetition(command, 1, 3)

    in_process = {
        "Python, f32": lambda: there(plain),
        "Python, 8-bit linear layers": lambda: there(small),
        "Python, bf16 autocast": lambda: there(plain, dtype=torch.bfloat16),
    }
    ways = {name: lambda call=call: processor.own(call) for name, call in in_process.items()}
    ways |= {"here, f32": here("f32"), "here, bf16": here("bf16")}
    logits = {name: call() for name, call in in_process.items()}  # also warms up
    took = {name: [] for name in ways}
    for _ in range(arguments.runs):
        for name, measure in ways.items():
            took[name].append(measure())
    for arithmetic in ("f32", "bf16"):
        found = load_file(arguments.work / f"{arithmetic}.safetensors")
        logits[f"here, {arithmetic}"] = found["output.logits"]
    reference = logits["Python, f32"]
    print(f"torch {torch.__version__}, transformers {transformers.__version__}, one thread; logits spread by "
          f"{reference.std().item():.2f}")
    print("| | processor s a page | largest difference | other labels, of 512 |")
    print("|---|---|---|---|")
    for name, seconds in took.items():
        apart = (logits[name] - reference).abs().max().item()
        others = (logits[name].argmax(-1) != reference.argmax(-1)).sum().item()
        print(f"| {name} | {statistics.median(seconds):.2f} | {apart:.1e} | {others} |")


main()
