"""The two small neural nets: loaded at first use, once a process, on few threads."""

from functools import cache
from typing import TYPE_CHECKING, Final

from generation.engine.pixels import Pixels, floats
from generation.engine.vendored import path_of

if TYPE_CHECKING:
    import onnxruntime

THREADS: Final = 2
QUIET: Final = 3  # errors only


@cache
def session_of(name: str) -> "onnxruntime.InferenceSession":
    # Heavy, and whoever only sets a title anew does not need it.
    import onnxruntime  # noqa: PLC0415

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = THREADS
    options.inter_op_num_threads = 1
    options.log_severity_level = QUIET
    # Without the arena the memory goes back after each run; it costs a few milliseconds.
    options.enable_cpu_mem_arena = False
    options.enable_mem_pattern = False
    path = str(path_of(f"models/{name}.onnx"))
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def run(name: str, values: Pixels) -> dict[str, Pixels]:
    session = session_of(name)
    names = [output.name for output in session.get_outputs()]
    answers = session.run(names, {session.get_inputs()[0].name: values})
    return {key: floats(answer) for key, answer in zip(names, answers, strict=True)}
