"""Models go from the Python library to this program and back, for every architecture and head.

    scripts/interchange/run          (makes its own environment and calls this)

Prints a table: the largest difference of any logit. A difference above 1e-4, a key that is missing or
not expected, or a processor that does not load ends it with an error.
"""
import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"
HERE = Path(__file__).resolve().parent
try:
    import detectron2  # noqa: F401  the real one, where it is installed
except ImportError:
    sys.path.insert(0, str(HERE))

import torch  # noqa: E402
import transformers  # noqa: E402
from safetensors.torch import load_file, save_file  # noqa: E402

GOLDENS = HERE.parent.parent / "tests" / "goldens"
TOLERANCE = 1e-4
SMALL_BACKBONE = {
    "MODEL.PIXEL_STD": [57.375, 57.12, 58.395],
    "MODEL.BACKBONE.NAME": "build_resnet_fpn_backbone",
    "MODEL.FPN.IN_FEATURES": ["res2", "res3", "res4", "res5"],
    "MODEL.FPN.OUT_CHANNELS": 16,
    "MODEL.RESNETS.OUT_FEATURES": ["res2", "res3", "res4", "res5"],
    "MODEL.RESNETS.STRIDE_IN_1X1": False,
    "MODEL.RESNETS.DEPTH": 50,
    "MODEL.RESNETS.NUM_GROUPS": 2,
    "MODEL.RESNETS.WIDTH_PER_GROUP": 3,
    "MODEL.RESNETS.STEM_OUT_CHANNELS": 8,
    "MODEL.RESNETS.RES2_OUT_CHANNELS": 16,
}
SMALL = dict(vocab_size=120, hidden_size=48, num_hidden_layers=2, num_attention_heads=4,
             intermediate_size=96, num_labels=5)
V2 = dict(SMALL, coordinate_size=8, shape_size=8, image_feature_pool_shape=[7, 7, 16],
          detectron2_config_args=SMALL_BACKBONE)
ARCHITECTURES = {
    "LayoutLMv2, fused qkv": ("LayoutLMv2", dict(V2, fast_qkv=True)),
    "LayoutLMv2, separate qkv": (
        "LayoutLMv2", dict(V2, fast_qkv=False, coordinate_size=7, shape_size=10)),
    "LayoutXLM": (
        "LayoutLMv2", dict(V2, type_vocab_size=1, max_position_embeddings=514, pad_token_id=1,
                           layer_norm_eps=1e-5, has_visual_segment_embedding=True)),
    "LayoutLM (v1)": ("LayoutLM", dict(SMALL)),
}
HEADS = ["ForTokenClassification", "ForSequenceClassification", "ForQuestionAnswering"]


def randomise(model, seed):
    """Weights at a scale where every term counts; a fresh model's attention is nearly uniform."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, tensor in model.state_dict().items():
            if not tensor.is_floating_point():
                continue
            noise = torch.randn(tensor.shape, generator=generator)
            if name.endswith("running_var"):
                tensor.copy_(0.5 + noise.abs())
            elif "norm.weight" in name or "LayerNorm.weight" in name:
                tensor.copy_(1 + 0.2 * noise)
            elif tensor.dim() >= 2 and "embeddings" not in name:
                tensor.copy_(noise / max(tensor[0].numel(), 1) ** 0.5)
            else:
                tensor.copy_(0.3 * noise)


def inputs_for(config, seed, seq=40):
    generator = torch.Generator().manual_seed(seed)

    def numbers(high, *shape):
        return torch.randint(0, high, shape, generator=generator)

    corner, size = numbers(700, 2, seq, 2), numbers(300, 2, seq, 2)
    mask = torch.ones(2, seq, dtype=torch.long)
    mask[1, -9:] = 0
    found = dict(
        input_ids=numbers(config.vocab_size - 5, 2, seq) + 5,
        bbox=torch.cat([corner, corner + size], -1),
        attention_mask=mask,
        token_type_ids=numbers(min(config.type_vocab_size, 2), 2, seq),
    )
    if config.model_type != "layoutlm":
        found["image"] = numbers(256, 2, 3, 224, 224).to(torch.uint8)
    return found


def logits_of(model, inputs):
    with torch.no_grad():
        found = model.eval()(**inputs)
    if "start_logits" in found:
        return {"start_logits": found.start_logits, "end_logits": found.end_logits}
    return {"logits": found.logits}


class Program:
    """This repository's side."""

    def __init__(self, binaries):
        self.layoutlm = binaries / "layoutlm"
        self.logits_program = binaries / "examples" / "logits"

    def logits(self, model, inputs, work):
        save_file({f"input.{k}": v.contiguous() for k, v in inputs.items()}, work / "in.safetensors")
        subprocess.run([self.logits_program, model, work / "in.safetensors",
                        work / "out.safetensors"], check=True)
        return {k.removeprefix("output."): v for k, v in load_file(work / "out.safetensors").items()}

    def export(self, output, model=None):
        chosen = ["--model", model] if model else []
        subprocess.run([self.layoutlm, "-q", "models", "export", output, *chosen], check=True)


def difference(ours, theirs):
    if ours.keys() != theirs.keys():
        raise SystemExit(f"outputs differ: {sorted(ours)} and {sorted(theirs)}")
    return max((ours[k] - theirs[k]).abs().max().item() for k in ours)


def load_exactly(kind, directory):
    model, report = kind.from_pretrained(directory, output_loading_info=True)
    wrong = {k: v for k, v in report.items() if v and k != "error_msgs"}
    if wrong or report.get("error_msgs"):
        raise SystemExit(f"{directory}: {report}")
    return model


def check_stand_in():
    """The backbone in use gives what the real detectron2 gave when the goldens were made."""
    for name in ("lmv2_base", "lmv2_large", "lmv2_r50_nogroups"):
        model = load_exactly(transformers.LayoutLMv2ForTokenClassification, GOLDENS / name)
        recorded = load_file(GOLDENS / name / "io.safetensors")
        inputs = {k.removeprefix("input."): v for k, v in recorded.items() if k.startswith("input.")}
        found = difference(logits_of(model, inputs), {"logits": recorded["output.logits"]})
        print(f"backbone against detectron2's recorded values, {name}: {found:.1e}")
        if found > TOLERANCE:
            raise SystemExit("the stand-in for detectron2 is wrong")


def tokenizer_for(architecture, config, directory):
    """A vocabulary of the right size in the family's own form."""
    from tokenizers import Tokenizer  # noqa: F401
    if "XLM" in architecture:
        pieces = [("<s>", 0.0), ("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0)]
        pieces += [(f"▁w{n}", -float(n)) for n in range(config.vocab_size - 5)] + [("<mask>", 0.0)]
        found = transformers.LayoutXLMTokenizer(vocab=pieces)
    else:
        words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
        words += [f"w{n}" for n in range(config.vocab_size - len(words))]
        vocab = {word: number for number, word in enumerate(words)}
        kind = transformers.BertTokenizer if "v1" in architecture else transformers.LayoutLMv2Tokenizer
        found = kind(vocab=vocab)
    found.save_pretrained(directory)
    return found


def check_processor(architecture, directory, before):
    """Saved processor and tokenizer load, and tokenise as before."""
    if "v1" in architecture:
        after = transformers.AutoTokenizer.from_pretrained(directory)
        same = before("w1 w7") == after("w1 w7")
    else:
        processor = transformers.AutoProcessor.from_pretrained(directory)
        after = processor.tokenizer
        asked = dict(boxes=[[1, 2, 3, 4], [5, 6, 7, 8]])
        same = before(["w1", "w7"], **asked) == after(["w1", "w7"], **asked)
        size = processor.image_processor.size
        same = same and (size["height"], size["width"]) == (224, 224)
    if not same:
        raise SystemExit(f"{directory}: the saved tokenizer says something else")


def exchange(program, work):
    rows = []
    for number, (architecture, (family, settings)) in enumerate(ARCHITECTURES.items()):
        for head in HEADS:
            kind = getattr(transformers, family + head)
            # A span head has as many outputs as there are labels, and works with two only.
            labels = 2 if head == "ForQuestionAnswering" else settings["num_labels"]
            config = getattr(transformers, family + "Config")(**dict(settings, num_labels=labels))
            model = kind(config)
            randomise(model, 40 + number)
            theirs_dir = work / f"{number}-{head}"
            model.save_pretrained(theirs_dir)
            tokenizer = tokenizer_for(architecture, config, theirs_dir)
            inputs = inputs_for(config, 70 + number)
            theirs = logits_of(load_exactly(kind, theirs_dir), inputs)
            there = difference(program.logits(theirs_dir, inputs, work), theirs)
            ours_dir = work / f"{number}-{head}-back"
            program.export(ours_dir, theirs_dir)
            back = difference(logits_of(load_exactly(kind, ours_dir), inputs), theirs)
            check_processor(architecture, ours_dir, tokenizer)
            spread = max(v.std().item() for v in theirs.values())
            rows.append((architecture, head.removeprefix("For"), there, back, spread))
            print_row(*rows[-1])
    return rows


def exchange_default(program, work):
    directory = work / "default"
    program.export(directory)
    config = json.loads((directory / "config.json").read_text())
    kind = getattr(transformers, config["architectures"][0])
    model = load_exactly(kind, directory)
    inputs = inputs_for(model.config, 99, seq=200)
    theirs = logits_of(model, inputs)
    found = difference(program.logits(directory, inputs, work), theirs)
    processor = transformers.AutoProcessor.from_pretrained(directory)
    encoding = processor.tokenizer(["TOTAL", "RM", "23.60"], boxes=[[1, 2, 3, 4]] * 3)
    if len(encoding["input_ids"]) < 5:
        raise SystemExit("the default model's tokenizer does not work there")
    row = ("built-in model", "TokenClassification", found, 0.0, theirs["logits"].std().item())
    print_row(*row)
    return [row]


LARGE = dict(hidden_size=1024, num_hidden_layers=24, num_attention_heads=16, intermediate_size=4096,
             fast_qkv=False, coordinate_size=171, shape_size=170)


def full_size(program, work):
    """The published sizes with the whole ResNeXt-101, one page of 512 tokens, both sides one at a time."""
    print("| model | side | load, s | run, s | MiB at most | largest difference |")
    print("|---|---|---|---|---|---|")
    for name, settings in (("base", {}), ("large", LARGE)):
        directory = work / name
        config = transformers.LayoutLMv2Config(**settings, num_labels=7)
        model = transformers.LayoutLMv2ForTokenClassification(config)
        randomise(model, 5)
        model.save_pretrained(directory)
        inputs = {k: v[:1].contiguous() for k, v in inputs_for(config, 6, seq=512).items()}
        save_file({f"input.{k}": v for k, v in inputs.items()}, work / "in.safetensors")
        del model
        found = subprocess.run([sys.executable, __file__, "--measure", directory,
                                work / "in.safetensors", work / "theirs.safetensors"],
                               check=True, capture_output=True, text=True).stdout.split()
        print(f"| {name} | Python | {found[0]} | {found[1]} | {found[2]} | |", flush=True)
        said = subprocess.run([program.logits_program, directory, work / "in.safetensors",
                               work / "ours.safetensors"],
                              check=True, capture_output=True, text=True).stderr.split()
        seconds = [said[i + 1] for i, word in enumerate(said) if word == "in"]
        most = said[len(said) - 4]
        apart = (load_file(work / "ours.safetensors")["output.logits"]
                 - load_file(work / "theirs.safetensors")["logits"]).abs().max().item()
        print(f"| {name} | here | {seconds[0]} | {seconds[1]} | {most} | {apart:.1e} |", flush=True)
        if apart > 1e-3:
            raise SystemExit("full-size models do not say the same")
        (directory / "model.safetensors").unlink()


def measure(directory, inputs, output):
    """Load and run in a process of its own; prints seconds, seconds, MiB."""
    started = time.time()
    model = load_exactly(transformers.LayoutLMv2ForTokenClassification, directory)
    loaded = time.time() - started
    given = {k.removeprefix("input."): v for k, v in load_file(inputs).items()}
    logits_of(model, given)
    started = time.time()
    found = logits_of(model, given)
    ran = time.time() - started
    save_file(found, output)
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"{loaded:.2f} {ran:.2f} {most}")


def print_row(architecture, head, there, back, spread):
    print(f"| {architecture} | {head} | {there:.1e} | {back:.1e} | {spread:.2f} |", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binaries", type=Path, nargs="?",
                        help="directory of `layoutlm` and `examples/logits`")
    parser.add_argument("--full-size", action="store_true",
                        help="base and large instead: load, time and memory on both sides")
    parser.add_argument("--measure", nargs=3, type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    if arguments.measure:
        return measure(*arguments.measure)
    program = Program(arguments.binaries.resolve())
    torch.manual_seed(1)
    print(f"torch {torch.__version__}, transformers {transformers.__version__}")
    with tempfile.TemporaryDirectory() as work:
        if arguments.full_size:
            return full_size(program, Path(work))
        check_stand_in()
        print("| architecture | head | Python → here | here → Python | spread of logits |")
        print("|---|---|---|---|---|")
        rows = exchange(program, Path(work)) + exchange_default(program, Path(work))
    worst = max(max(row[2], row[3]) for row in rows)
    print(f"largest difference {worst:.1e}, allowed {TOLERANCE:.0e}")
    if worst > TOLERANCE:
        raise SystemExit("models do not say the same on both sides")


main()
