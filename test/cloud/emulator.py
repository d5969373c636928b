"""MiniStack on a clock that the test sets: `emulator.py [CLOCK]`, where CLOCK is a file with epoch seconds in it."""

import datetime
import json
import os
import stat
import sys
import threading
import time


def follow(path):
    """Makes this process take the time from the file, so that the test controls the clock."""
    file = os.open(path, os.O_RDONLY)

    def now():
        return float(os.pread(file, 32, 0))

    class Clock(datetime.datetime):
        @classmethod
        def now(cls, tz=None):
            return cls.fromtimestamp(now(), tz)

        @classmethod
        def utcnow(cls):
            return cls.fromtimestamp(now(), datetime.timezone.utc).replace(tzinfo=None)

    time.time = now
    datetime.datetime = Clock


def end_with_parent():
    """The test keeps our input open while it runs; an input that is not a pipe tells nothing about a parent."""
    mode = os.fstat(0).st_mode
    if not (stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)):
        return

    def wait():
        while os.read(0, 1):
            pass
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()


def answer_whole_what_streams():
    """API Gateway invokes a function that streams by a URI of its own, which MiniStack takes for part of the name, and
    Lambda's Node.js runtime has a global for it. Functions set NODE_OPTIONS themselves, hence the worker's script."""
    from ministack.core import lambda_runtime
    from ministack.services import apigateway_v1

    function_of = apigateway_v1._extract_lambda_ref_from_integration_uri

    def whole(uri):
        return function_of((uri or "").replace("/response-streaming-invocations", "/invocations"))

    apigateway_v1._extract_lambda_ref_from_integration_uri = whole
    answers = os.path.join(os.path.dirname(os.path.abspath(__file__)), "streamed-answers.ts")
    script = lambda_runtime._NODEJS_WORKER_SCRIPT
    lambda_runtime._NODEJS_WORKER_SCRIPT = f"require({json.dumps(answers)});\n{script}"


end_with_parent()
if len(sys.argv) > 1:
    follow(sys.argv.pop(1))

from ministack.app import main  # noqa: E402 - it must not have seen the other clock

answer_whole_what_streams()
main()
