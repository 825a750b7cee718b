"""Processor seconds, user and system, which a machine that is busy with other things hardly changes."""
import os
import resource
import subprocess


def one_thread():
    return dict(os.environ, OMP_NUM_THREADS="1", MKL_NUM_THREADS="1", RAYON_NUM_THREADS="1")


def own(work):
    """Of a call in this process."""
    before = resource.getrusage(resource.RUSAGE_SELF)
    work()
    after = resource.getrusage(resource.RUSAGE_SELF)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def of_command(command):
    """Of a command and all it starts."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([str(part) for part in command], check=True, env=one_thread(),
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def a_repetition(command_for, few, many):
    """Of one repetition: what `many` take more than `few`, so that loading does not count."""
    return (of_command(command_for(many)) - of_command(command_for(few))) / (many - few)
