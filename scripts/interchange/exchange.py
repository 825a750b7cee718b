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
        return self.measured(model, work, "f32")[0]

    def measured(self, model, work, arithmetic):
        """Logits of work/in.safetensors, and seconds and memory, in a process of its own."""
        ran = subprocess.run([self.logits_program, model, work / "in.safetensors",
                              work / "out.safetensors", arithmetic],
                             stderr=subprocess.PIPE, text=True)
        if ran.returncode != 0:
            raise SystemExit(f"{model}: {ran.stderr}")
        found = load_file(work / "out.safetensors")
        return ({k.removeprefix("output."): v for k, v in found.items()},
                json.loads(ran.stderr.splitlines()[-1]))

    def export(self, output, model=None):
        chosen = ["--model", model] if model else []
        subprocess.run([self.layoutlm, "-q", "models", "export", output, *chosen], check=True)


def difference(ours, theirs):
    if ours.keys() != theirs.keys():
        raise SystemExit(f"outputs differ: {sorted(ours)} and {sorted(theirs)}")
    return max((ours[k] - theirs[k]).abs().max().item() for k in ours)


def load_exactly(kind, directory, dtype=torch.float32):
    model, report = kind.from_pretrained(directory, output_loading_info=True, dtype=dtype)
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
        if not found <= TOLERANCE:
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


def older_names(state):
    """As checkpoints of 2018 to 2020 spell them."""
    def old(name):
        if "LayerNorm" in name or "visual_LayerNorm" in name:
            return name.replace(".weight", ".gamma").replace(".bias", ".beta")
        return name
    return {old(name): tensor.clone() for name, tensor in state.items()}


def write_bin_shards(state, directory):
    names = list(state)
    weight_map = {}
    for number, part in enumerate((names[::2], names[1::2]), 1):
        file = f"pytorch_model-{number:05}-of-00002.bin"
        torch.save({name: state[name] for name in part}, directory / file)
        weight_map.update({name: file for name in part})
    index = {"metadata": {}, "weight_map": weight_map}
    (directory / "pytorch_model.bin.index.json").write_text(json.dumps(index))


def exchange_files(program, work):
    """One model in every form of file that weights come in."""
    family, settings = ARCHITECTURES["LayoutLMv2, fused qkv"]
    kind = getattr(transformers, family + HEADS[0])
    config = getattr(transformers, family + "Config")(**settings)
    model = kind(config)
    randomise(model, 50)
    inputs = inputs_for(config, 80)
    theirs = logits_of(model, inputs)
    state = model.state_dict()
    forms = {
        "safetensors in shards": lambda d: model.save_pretrained(d, max_shard_size="100KB"),
        "pytorch_model.bin": lambda d: torch.save(state, d / "pytorch_model.bin"),
        "pytorch_model.bin in shards": lambda d: write_bin_shards(state, d),
        "pytorch_model.bin, gamma and beta": lambda d: torch.save(
            older_names(state), d / "pytorch_model.bin"),
        "pytorch_model.bin, module. before each name": lambda d: torch.save(
            {"module." + k: v for k, v in state.items()}, d / "pytorch_model.bin"),
        "safetensors, fp16": lambda d: kind(config).half().save_pretrained(d),
        "safetensors, bf16": lambda d: kind(config).bfloat16().save_pretrained(d),
    }
    print("| file | difference |\n|---|---|")
    for number, (form, write) in enumerate(forms.items()):
        directory = work / f"form-{number}"
        directory.mkdir()
        model.config.save_pretrained(directory)
        write(directory)
        wanted = theirs
        if "16" in form:
            # What the library itself reads from such a file, in 32 bits as here.
            wanted = logits_of(load_exactly(kind, directory, torch.float32), inputs)
        found = difference(program.logits(directory, inputs, work), wanted)
        print(f"| {form} | {found:.1e} |", flush=True)
        if not found <= TOLERANCE:
            raise SystemExit(f"{form}: the model says something else")


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
    save_file(theirs, work / "default.safetensors")
    row = ("built-in model", "TokenClassification", found, 0.0, theirs["logits"].std().item())
    print_row(*row)
    return [row]


def halves(program, work):
    """What products in 16 bits do to the built-in model's logits, on the same page."""
    theirs = load_file(work / "default.safetensors")
    print("| precision of the built-in model | difference |\n|---|---|")
    for arithmetic in ("f32", "bf16", "f16"):
        ours, _ = program.measured(work / "default", work, arithmetic)
        print(f"| {arithmetic} | {difference(ours, theirs):.1e} |", flush=True)


LARGE = dict(hidden_size=1024, num_hidden_layers=24, num_attention_heads=16, intermediate_size=4096,
             fast_qkv=False, coordinate_size=171, shape_size=170)


def full_size_model(name, settings, work):
    """A model of a published size with random weights, made once."""
    directory = work / name
    if not (directory / "in.safetensors").exists():
        config = transformers.LayoutLMv2Config(**settings, num_labels=7)
        model = transformers.LayoutLMv2ForTokenClassification(config)
        randomise(model, 5)
        model.save_pretrained(directory)
        torch.save(model.state_dict(), directory / "pytorch_model.bin")
        inputs = {k: v[:1].contiguous() for k, v in inputs_for(config, 6, seq=512).items()}
        save_file({f"input.{k}": v for k, v in inputs.items()}, directory / "in.safetensors")
    return directory


def full_size(program, work, prepare_only, only):
    """The published sizes with the whole ResNeXt-101, one page of 512 tokens, both sides one at a time."""
    models = [full_size_model(name, settings, work) for name, settings in (("base", {}), ("large", LARGE))
              if name in (only or name)]
    if prepare_only:
        return
    print("| model | side | load, s | run, s | processor, s | weights, MiB | loaded, MiB | most, MiB | difference |")
    print("|---|---|---|---|---|---|---|---|---|")
    for directory in models:
        size = (directory / "model.safetensors").stat().st_size >> 20
        theirs = python_row(directory, size)
        for side, arithmetic in (("here", "f32"), ("here, bf16", "bf16")):
            full_size_row(program, directory, side, arithmetic, theirs, size)
        # The same weights as a pickle; nothing else is left to be read.
        safe = directory / "model.safetensors"
        aside = safe.rename(directory / "aside")
        full_size_row(program, directory, "here, .bin", "f32", theirs, size)
        aside.rename(safe)


def python_row(directory, size):
    output = directory / "theirs.safetensors"
    found = subprocess.run([sys.executable, __file__, "--measure", directory,
                            directory / "in.safetensors", output],
                           check=True, capture_output=True, text=True).stdout.split()
    print(f"| {directory.name} | Python | {' | '.join(found[:3])} | {size} | {' | '.join(found[3:])} | |",
          flush=True)
    return load_file(output)


def full_size_row(program, directory, side, arithmetic, theirs, size):
    before = processor_seconds_of_children()
    ours, took = program.measured(directory, directory, arithmetic)
    processor = processor_seconds_of_children() - before
    apart = difference(ours, theirs)
    print(f"| {directory.name} | {side} | {took['load_s']:.2f} | {took['run_s']:.2f} "
          f"| {processor:.1f} | {size} "
          f"| {took['load_mib']} | {took['mib']} | {apart:.1e} |", flush=True)
    if arithmetic == "f32" and not apart <= 1e-3:
        raise SystemExit("full-size models do not say the same")


def processor_seconds_of_children():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def measure(directory, inputs, output):
    """Load and run in a process of its own; prints seconds of load and run, processor seconds of both and a first
    pass, MiB when loaded, MiB at most."""
    before = time.process_time()
    started = time.time()
    model = load_exactly(transformers.LayoutLMv2ForTokenClassification, directory)
    loaded = time.time() - started
    most_loaded = most_memory()
    given = {k.removeprefix("input."): v for k, v in load_file(inputs).items()}
    logits_of(model, given)
    started = time.time()
    found = logits_of(model, given)
    ran = time.time() - started
    save_file(found, output)
    print(f"{loaded:.2f} {ran:.2f} {time.process_time() - before:.1f} {most_loaded} {most_memory()}")


def most_memory():
    """Most memory of this process, in MiB. (getrusage would count what the parent held at the fork.)"""
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) // 1024


def print_row(architecture, head, there, back, spread):
    print(f"| {architecture} | {head} | {there:.1e} | {back:.1e} | {spread:.2f} |", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binaries", type=Path, nargs="?",
                        help="directory of `layoutlm` and `examples/logits`")
    parser.add_argument("--full-size", action="store_true",
                        help="base and large instead: load, time and memory on both sides")
    parser.add_argument("--keep", type=Path, help="directory for the full-size models, to be used again")
    parser.add_argument("--only", choices=["base", "large"], help="one of the full sizes")
    parser.add_argument("--prepare", action="store_true", help="make the full-size models only")
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
            work = arguments.keep or Path(work)
            work.mkdir(parents=True, exist_ok=True)
            return full_size(program, work, arguments.prepare, arguments.only)
        check_stand_in()
        print("| architecture | head | Python → here | here → Python | spread of logits |")
        print("|---|---|---|---|---|")
        rows = exchange(program, Path(work)) + exchange_default(program, Path(work))
        halves(program, Path(work))
        exchange_files(program, Path(work))
    # Not max(): that may pass over what is no number.
    worst = torch.tensor([row[2:4] for row in rows]).max().item()
    print(f"largest difference {worst:.1e}, allowed {TOLERANCE:.0e}")
    if not worst <= TOLERANCE:
        raise SystemExit("models do not say the same on both sides")


if __name__ == "__main__":
    main()
