# SPDX-License-Identifier: Apache-2.0
"""TAP for tests in Python: functions in the order of their @test, one line each."""
import sys
import traceback

_tests = []


class Skip(Exception):
    pass


def test(f):
    _tests.append(f)
    return f


def equal(got, want, what=""):
    if got != want:
        raise AssertionError(f"{what}: got {got!r}, expected {want!r}")


def run(setup=None, teardown=None):
    """Runs what was registered; each gets what `setup` returned. Ends the program."""
    only = sys.argv[1:]
    chosen = [f for f in _tests if not only or f.__name__ in only]
    print(f"1..{len(chosen)}", flush=True)
    failed = 0
    fixture = None
    try:
        fixture = setup() if setup else None
        for n, f in enumerate(chosen, 1):
            name = f.__name__.replace("_", " ")
            try:
                f(fixture) if setup else f()
                print(f"ok {n} - {name}", flush=True)
            except Skip as e:
                print(f"ok {n} - {name} # SKIP {e}", flush=True)
            except Exception:
                failed += 1
                print(f"not ok {n} - {name}")
                for line in traceback.format_exc().splitlines():
                    print("# " + line)
                sys.stdout.flush()
    except Exception:
        print("Bail out! " + traceback.format_exc().replace("\n", " | "), flush=True)
        failed += 1
    finally:
        if teardown:
            teardown(fixture)
    sys.exit(1 if failed else 0)
