"""The generator's process: a plan as JSON on standard input, numbers as JSON on standard output."""

import asyncio
import gc
import json
import sys

from tests.bench.reading_load import reading
from tests.bench.rest_load import rest
from tests.bench.workloads import WORKLOADS


def main() -> None:
    plan = json.load(sys.stdin)
    work = (WORKLOADS | {"rest": rest, "reading": reading})[plan["workload"]]
    gc.freeze()
    try:
        import uvloop
    except ImportError:
        numbers = asyncio.run(work(plan))
    else:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            numbers = runner.run(work(plan))
    json.dump(numbers, sys.stdout)


if __name__ == "__main__":
    main()
