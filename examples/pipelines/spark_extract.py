#!/usr/bin/env python3
"""Pages below a directory through layoutlm on Spark; each task pipes its part through one process.

    spark-submit examples/pipelines/spark_extract.py scans/ found.parquet --command layoutlm

Every worker needs the program and the directory at the same paths. Each partition starts the program (and
loads the model) once, so partitions should hold hundreds of pages.
"""

import argparse
import json
import os

from pyspark import StorageLevel
from pyspark.sql import SparkSession

ENDINGS = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp", ".bmp", ".gif", ".pdf", ".ppm", ".pgm", ".pbm")


def pages_below(directory):
    for root, _, names in os.walk(directory):
        for name in names:
            if name.lower().endswith(ENDINGS):
                yield os.path.join(root, name)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("directory")
    parser.add_argument("output", help="a .parquet or .json directory to be made")
    parser.add_argument("--command", default="layoutlm extract", help="program and verb")
    parser.add_argument("--partitions", type=int, default=None)
    arguments = parser.parse_args()

    spark = SparkSession.builder.appName("layoutlm").getOrCreate()
    context = spark.sparkContext
    # As JSON, so that any character may stand in a name; Spark's pipe goes by lines.
    entries = [json.dumps({"input": path}) for path in sorted(pages_below(arguments.directory))]
    partitions = arguments.partitions or max(1, min(len(entries) // 200, context.defaultParallelism))
    # One worker a task: Spark's own tasks are what runs at the same time. Failed pages are records, so
    # the exit code 7 is no failure of the task and checkCode stays off.
    command = arguments.command + " --files-from - --jobs 1 --quiet"
    # Kept: otherwise the schema, the file and the counts would each read all pages again.
    records = context.parallelize(entries, partitions).pipe(command, env=dict(os.environ))
    records.persist(StorageLevel.MEMORY_AND_DISK)
    frame = spark.read.json(records)
    frame.printSchema()
    writer = frame.write.mode("overwrite")
    if arguments.output.endswith(".parquet"):
        writer.parquet(arguments.output)
    else:
        writer.json(arguments.output)
    counts = {row["status"]: row["count"] for row in frame.groupBy("status").count().collect()}
    print(json.dumps(counts, sort_keys=True))
    spark.stop()


if __name__ == "__main__":
    main()
