"""A LayoutLMv2 of the published base size with random weights: time does not depend on their values.

    make_base.py TOKENIZER_DIR OUTPUT_DIR

The tokenizer is taken from a model directory that `layoutlm models export` has written.
"""
import shutil
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
try:
    import detectron2  # noqa: F401
except ImportError:
    sys.path.insert(0, str(HERE.parent / "interchange"))
import torch  # noqa: E402
import transformers  # noqa: E402

source, target = map(Path, sys.argv[1:])
torch.manual_seed(1)
model = transformers.LayoutLMv2ForTokenClassification(transformers.LayoutLMv2Config(num_labels=7))
model.save_pretrained(target)
for path in source.iterdir():
    if path.name not in ("config.json", "model.safetensors"):
        shutil.copy(path, target)
