"""Python pipelines on the same pages, in the form that `layoutlm bench --join` takes.

    scripts/bench PAGE…          (makes the environment and the weights, and calls this)

A worker process loads its pipeline, reads one page to warm up, says so, waits for the word, reads its
share of the pages and tells how long each took. Loading is not counted, so Python is measured at its
best. Tesseract gets one OpenMP thread, in its own environment alone: torch keeps its threads.
"""
import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
STRIDE = 128
SCHEMA = "layoutlm-bench/1"


def use_backbone():
    """detectron2, or the stand-in for its backbone where it is not installed."""
    try:
        import detectron2  # noqa: F401
    except ImportError:
        sys.path.insert(0, str(HERE.parent / "interchange"))


class LayoutLMv2:
    """pytesseract + transformers as the library's documentation has it, windows for long pages."""

    def __init__(self, model, threads):
        use_backbone()
        import torch
        import transformers
        transformers.logging.set_verbosity_error()
        transformers.logging.disable_progress_bar()
        torch.set_num_threads(threads)
        torch.ones(4096).sum()  # its OpenMP has read its environment now
        os.environ["OMP_THREAD_LIMIT"] = "1"  # seen by the tesseract processes that pytesseract starts
        self.torch = torch
        image_processor = transformers.LayoutLMv2ImageProcessor(apply_ocr=True)
        tokenizer = transformers.AutoTokenizer.from_pretrained(model)
        self.processor = transformers.LayoutLMv2Processor(image_processor, tokenizer)
        self.model = transformers.LayoutLMv2ForTokenClassification.from_pretrained(model).eval()

    def read(self, path):
        from PIL import Image
        with Image.open(path) as picture:
            started = time.perf_counter()
            page = picture.convert("RGB")
        given = self.processor(page, return_tensors="pt", truncation=True, max_length=512, stride=STRIDE,
                               return_overflowing_tokens=True, return_offsets_mapping=True, padding=True)
        for unwanted in ("overflow_to_sample_mapping", "offset_mapping"):
            given.pop(unwanted, None)
        if isinstance(given["image"], list):
            given["image"] = self.torch.stack(list(given["image"]))
        with self.torch.inference_mode():
            labels = self.model(**given).logits.argmax(-1)
        assert labels.shape[0] >= 1
        return time.perf_counter() - started


class DocTR:
    """docTR's default predictor: it reads, and labels nothing."""

    def __init__(self, _model, threads):
        import torch
        torch.set_num_threads(threads)
        from doctr.models import ocr_predictor
        self.predictor = ocr_predictor(pretrained=True)

    def read(self, path):
        from doctr.io import DocumentFile
        started = time.perf_counter()
        self.predictor(DocumentFile.from_images([str(path)]))
        return time.perf_counter() - started


PIPELINES = {"layoutlmv2": LayoutLMv2, "doctr": DocTR}


def cpu_seconds():
    spent = 0.0
    for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN):
        usage = resource.getrusage(who)
        spent += usage.ru_utime + usage.ru_stime
    return spent


def worker(arguments):
    pipeline = PIPELINES[arguments.pipeline](arguments.model, arguments.threads)
    pipeline.read(arguments.pages[0])
    print("ready", flush=True)
    for _ in sys.stdin:
        before = cpu_seconds()
        pages = [pipeline.read(page) for page in arguments.pages]
        # The page's process and the engine that it runs beside itself.
        peak = sum(resource.getrusage(who).ru_maxrss
                   for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)) / 1024
        print(json.dumps({"pages": pages, "cpu": cpu_seconds() - before, "peak": peak}), flush=True)


class Workers:
    """Processes that have loaded a pipeline and share the pages."""

    def __init__(self, arguments, count, threads):
        self.count = count
        self.processes = []
        for number in range(count):
            share = arguments.pages[number::count]
            command = [sys.executable, __file__, "--worker", "--pipeline", arguments.pipeline,
                       "--threads", str(threads), "--model", str(arguments.model), *map(str, share)]
            self.processes.append(subprocess.Popen(command, stdin=subprocess.PIPE,
                                                   stdout=subprocess.PIPE, text=True,
                                                   stderr=subprocess.PIPE if arguments.quiet else None))
        for process in self.processes:
            if process.stdout.readline().strip() != "ready":
                self.end()
                raise RuntimeError(f"{arguments.pipeline} could not be loaded")

    def run(self):
        started = time.perf_counter()
        for process in self.processes:
            process.stdin.write("go\n")
            process.stdin.flush()
        said = [json.loads(process.stdout.readline()) for process in self.processes]
        return time.perf_counter() - started, said

    def end(self):
        for process in self.processes:
            process.stdin.close()
            process.wait()


def measure(arguments, count, threads):
    """One program of the report: `count` processes with so many threads each."""
    started = time.perf_counter()
    workers = Workers(arguments, count, threads)
    loaded = time.perf_counter() - started
    print(f"{arguments.name}: loaded in {loaded:.1f} s", file=sys.stderr, flush=True)
    runs = [workers.run() for _ in range(arguments.runs)]
    workers.end()
    pages = len(arguments.pages)
    seconds = statistics.median(run[0] for run in runs)
    cpu = statistics.median(sum(share["cpu"] for share in run[1]) for run in runs)
    per_page = [statistics.median(times) for times in
                zip(*([t for share in run[1] for t in share["pages"]] for run in runs))]
    ways = f"{count} process{'es' if count > 1 else ''}, {threads} thread{'s' if threads > 1 else ''}"
    program = {
        "name": f"{arguments.name}, {ways}",
        "folder": {
            "processes": count,
            "pages_per_second": pages / seconds,
            "cpu_s_per_page": cpu / pages,
            "utilisation": cpu / seconds / arguments.processors,
            "peak_mib": statistics.median(sum(share["peak"] for share in run[1]) for run in runs),
        },
    }
    if count == 1:
        ordered = sorted(per_page)
        program["warm"] = {"median_s": statistics.median(ordered),
                           "p95_s": ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))],
                           "cpu_s": cpu / pages}
    return program


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("pages", type=Path, nargs="+")
    parser.add_argument("--pipeline", choices=PIPELINES, default="layoutlmv2")
    parser.add_argument("--name", default="pytesseract + transformers")
    parser.add_argument("--model", type=Path, help="directory of the weights")
    parser.add_argument("--runs", type=int, default=2)
    parser.add_argument("--processors", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--quiet", action="store_true", help="keep the pipelines' messages back")
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--threads", type=int, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.worker:
        return worker(arguments)
    ways = [(1, arguments.processors)]
    if arguments.processors > 1 and len(arguments.pages) > 1:
        ways.append((arguments.processors, 1))
    programs = [measure(arguments, *way) for way in ways]
    report = {"schema": SCHEMA, "machine": {"processors": arguments.processors},
              "documents": len(arguments.pages), "runs": arguments.runs, "programs": programs}
    print(json.dumps(report, indent=2))


main()
