"""The workloads for Python's ProcessPoolExecutor. Argument: the workload, with chunks to try."""

import array
import json
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor

# As in ../workload.ts.
WORKERS = 2

# Seconds that a worker has nothing to do before its memory is looked at.
IDLE = 0.5


def noop(x):
    return x


def spin(x, seconds):
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        pass
    return x


def first(values):
    return values[0] if values[-1] == len(values) - 1 else None


def touch(values):
    values[0] += 1
    return values


def hello(name):
    return "Hello " + name


def resident():
    """Bytes of the process that runs this."""
    try:
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        import resource

        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak if sys.platform == "darwin" else peak * 1024


def do_map(pool, work):
    list(pool.map(noop, range(work["warmUp"]), chunksize=work["chunks"][0]))
    return best(work, lambda chunk: pool.map(noop, range(work["tasks"]), chunksize=chunk))


def do_spin(pool, work):
    tasks, seconds = work["tasks"], work["milliseconds"] / 1000

    def run(count, chunk):
        return pool.map(spin, range(count), [seconds] * count, chunksize=chunk)

    list(run(-(-tasks // 10), work["chunks"][0]))
    return best(work, lambda chunk: run(tasks, chunk))


def do_tail(pool, work):
    tasks, seconds = work["tasks"], work["milliseconds"] / 1000
    long = set(work["long"])
    lengths = [seconds * (work["times"] if i in long else 1) for i in range(tasks)]
    warm_up = -(-tasks // 10)
    list(pool.map(spin, range(warm_up), [seconds] * warm_up))
    return best(work, lambda chunk: pool.map(spin, range(tasks), lengths, chunksize=chunk))


def best(work, run):
    """The quickest of all chunk sizes."""
    answers = []
    for chunk in work["chunks"]:
        start = time.perf_counter()
        results = list(run(chunk))
        seconds = time.perf_counter() - start
        answer = {"seconds": seconds, "right": results == list(range(work["tasks"]))}
        if len(work["chunks"]) > 1:
            answer["note"] = "chunksize=%d was best" % chunk
        answers.append(answer)
    right = all(answer["right"] for answer in answers)
    return {**min(answers, key=lambda answer: answer["seconds"]), "right": right}


def submit_all(pool, tasks, start):
    futures = [pool.submit(noop, i) for i in range(tasks)]
    results = [future.result() for future in futures]
    seconds = time.perf_counter() - start
    return {"seconds": seconds, "right": results == list(range(tasks))}


def do_submit(pool, work):
    submit_all(pool, work["warmUp"], 0)
    return submit_all(pool, work["tasks"], time.perf_counter())


def do_coldSubmit(pool, work):
    return submit_all(pool, work["tasks"], BEGUN)


def do_latency(pool, work):
    def once(count):
        samples, right = [], True
        for i in range(count):
            time.sleep(work["pause"] / 1000)
            start = time.perf_counter()
            result = pool.submit(noop, i).result()
            samples.append((time.perf_counter() - start) * 1000)
            right = right and result == i
        return {"samples": samples, "right": right}

    once(-(-work["samples"] // 4))
    return once(work["samples"])


def do_array(pool, work):
    values = array.array("d", range(work["bytes"] // 8))
    expected = values[:]
    expected[0] += 1

    def once(count):
        samples, right = [], True
        for _ in range(count):
            start = time.perf_counter()
            result = pool.submit(touch, values).result()
            samples.append((time.perf_counter() - start) * 1000)
            right = right and result == expected
        return {"samples": samples, "right": right}

    once(-(-work["trips"] // 4))
    return once(work["trips"])


def do_arguments(pool, work):
    def once(count):
        inputs = []
        for number in range(count):
            values = array.array("d", range(work["bytes"] // 8))
            values[0] = number
            inputs.append(values)
        start = time.perf_counter()
        results = list(pool.map(first, inputs))
        seconds = time.perf_counter() - start
        return {"seconds": seconds, "right": results == list(range(count))}

    once(-(-work["tasks"] // 4))
    return once(work["tasks"])


def do_hello(pool, work):
    return {"right": pool.submit(hello, "world").result() == "Hello world"}


def do_idle(pool, work):
    pool.submit(hello, "world").result()
    time.sleep(IDLE)
    return {"right": True, "bytes": pool.submit(resident).result()}


def do_queue(pool, work):
    for _ in range(WORKERS + 1):  # One more is taken from the queue beforehand.
        pool.submit(time.sleep, 600)
    time.sleep(IDLE)
    futures = [pool.submit(noop, i) for i in range(work["tasks"])]
    time.sleep(2 * IDLE)
    answer = {"right": not any(future.done() for future in futures), "bytes": resident()}
    print(json.dumps(answer), flush=True)
    for process in pool._processes.values():
        process.kill()
    os._exit(0)


if __name__ == "__main__":
    work = json.loads(sys.argv[1])
    BEGUN = time.perf_counter()
    with ProcessPoolExecutor(WORKERS) as pool:
        answer = globals()["do_" + work["work"]](pool, work)
    print(json.dumps(answer))
