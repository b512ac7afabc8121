# SPDX-FileCopyrightText: 2026 passt contributors
# SPDX-License-Identifier: GPL-2.0-or-later
"""One end of the tests: runs inside a namespace and does what a test asks, line by line.

Requests arrive on standard input as JSON, one a line: {"id": 1, "call": "tcp_sink", "arguments": {...}}. Each runs in
its own thread. Answers go to standard output: first {"started": ...} where the function has something to tell before it
ends (the port of a server), then {"value": ...} or {"error": ..., "errno": ...}. End of input ends the agent.
"""

import json
import os
import signal
import subprocess
import sys
import threading

import traffic


class Task:
    """What a function of `traffic` knows about the request it serves."""

    def __init__(self, agent, identifier):
        self.agent = agent
        self.identifier = identifier
        self.stopping = threading.Event()

    def started(self, value=None):
        self.agent.answer({"id": self.identifier, "started": value})


class Agent:
    def __init__(self):
        # Nothing else may write to the test's line, and children must not inherit it.
        self.output = os.fdopen(os.dup(1), "w", buffering=1)
        os.dup2(2, 1)
        self.input = os.fdopen(os.dup(0), "r")
        null = os.open("/dev/null", os.O_RDONLY)
        os.dup2(null, 0)
        os.close(null)
        self.lock = threading.Lock()
        self.tasks = {}
        self.processes = {}

    def answer(self, message):
        with self.lock:
            self.output.write(json.dumps(message) + "\n")

    def serve(self):
        self.answer({"ready": os.getpid()})
        for line in self.input:
            request = json.loads(line)
            if request["call"] == "stop":
                self.tasks[request["task"]].stopping.set()
                continue
            task = Task(self, request["id"])
            self.tasks[task.identifier] = task
            threading.Thread(target=self.perform, args=(task, request), daemon=True).start()
        for process in self.processes.values():
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
        os._exit(0)

    def perform(self, task, request):
        function = {"run": self.run}.get(request["call"]) or getattr(traffic, request["call"])
        try:
            value = function(task, **request["arguments"])
            self.answer({"id": task.identifier, "value": value})
        except Exception as error:
            self.answer({
                "id": task.identifier,
                "error": f"{request['call']}: {type(error).__name__}: {error}",
                "errno": getattr(error, "errno", None) or 0,
            })

    def run(self, task, command, timeout=30, input=None, environment=None):
        """Runs a program to its end, or until the task is stopped."""
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE if input is not None else subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            start_new_session=True, env={**os.environ, **(environment or {})})
        self.processes[process.pid] = process
        task.started(process.pid)
        try:
            output, errors = process.communicate(input, timeout=timeout)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            output, errors = process.communicate()
            errors += f"\n(killed after {timeout} s)"
        del self.processes[process.pid]
        return {"status": process.returncode, "output": output, "errors": errors}


if __name__ == "__main__":
    sys.setswitchinterval(0.001)
    Agent().serve()
