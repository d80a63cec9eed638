# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests of whole machines share: running `multios run`, the tiny
guests written in bytes, and TAP.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile

SOURCE = os.environ['MOS_SOURCE_ROOT']
BUILD = os.environ['MOS_BUILD_ROOT']
MULTIOS = os.path.join(BUILD, 'app', 'multios')
SIGNATURE = b'\x89PNG\r\n\x1a\n'


class Skip(Exception):
    """A case that cannot run here; its text is the reason."""


def boot_sector(code):
    """CODE as a boot sector on a floppy of 1440 KiB."""
    return (code.ljust(510, b'\0') + b'\x55\xaa').ljust(1440 * 1024, b'\0')


def say_on_serial(text, then):
    """Real mode at 0:7c00: writes TEXT to COM1, then runs the bytes THEN."""
    code = (b'\x31\xc0\x8e\xd8'          # xor ax, ax; mov ds, ax
            b'\xbe\x00\x7c'              # mov si, text
            b'\xac\x84\xc0\x74\x06'      # again: lodsb; test al, al; jz done
            b'\xba\xf8\x03\xee\xeb\xf5'  # mov dx, 0x3f8; out dx, al; jmp again
            )
    code += then
    return code[:5] + bytes([len(code)]) + code[6:] + text + b'\0'


def debug_exit(value):
    """mov al, VALUE; out 0xf4, al; hlt; jmp to the hlt"""
    return b'\xb0' + bytes([value]) + b'\xe6\xf4\xf4\xeb\xfd'


SPIN = b'\xeb\xfe'
# again: wait for COM1's data, and send it back
ECHO = b'\xba\xfd\x03\xec\xa8\x01\x74\xf8\xba\xf8\x03\xec\xee\xeb\xf1'


class Folder:
    """A folder for a case's files, gone with it."""

    def __init__(self):
        self.path = tempfile.mkdtemp(prefix='multios-test-')

    def file(self, name, content=None):
        path = os.path.join(self.path, name)
        if content is not None:
            with open(path, 'wb') as file:
                file.write(content)
        return path

    def close(self):
        shutil.rmtree(self.path)


def run(*arguments, stdin=b'', seconds=60):
    """`multios ARGUMENTS`: (status, stdout, stderr)."""
    done = subprocess.run([MULTIOS, *arguments], input=stdin, timeout=seconds,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    return done.returncode, done.stdout, done.stderr.decode()


def host():
    """What `multios host` says."""
    status, out, err = run('host', '--json')
    expect(status == 0, f'multios host: {status} {err}')
    return json.loads(out)


def backends():
    """Names of the backends that work on this host."""
    return [b['name'] for b in host()['backends'] if b['usable']]


def need_speed(accel):
    """Skips what a KVM that emulates every instruction is too slow for: a
    firmware's time-outs are in real time."""
    mips = [b['mips'] for b in host()['backends'] if b['name'] == accel][0]
    if mips < 20 and 'MOS_TEST_LONG' not in os.environ:
        raise Skip(f'{accel} runs {mips:.1f} million instructions a second here; '
                   'MOS_TEST_LONG tries it')


def expect(condition, message):
    if not condition:
        raise AssertionError(message)


def expect_status(result, wanted):
    """RESULT of run() has the status WANTED; returns its (stdout, stderr)."""
    status, out, err = result
    expect(status == wanted, f'status {status}, not {wanted}; it said: {err} {out[-500:]}')
    return out, err


def no_backend(folder):
    raise Skip('neither /dev/kvm nor another way to run guests works here')


def main(cases):
    """CASES: pairs (name, function of a Folder). Prints TAP."""
    print(f'1..{len(cases)}', flush=True)
    for number, (name, function) in enumerate(cases, 1):
        folder = Folder()
        try:
            function(folder)
            print(f'ok {number} - {name}', flush=True)
        except Skip as reason:
            print(f'ok {number} - {name} # SKIP {reason}', flush=True)
        except (AssertionError, subprocess.TimeoutExpired, KeyError, ValueError) as problem:
            print(f'not ok {number} - {name}', flush=True)
            print(f'# {problem!r}', file=sys.stderr, flush=True)
        finally:
            folder.close()
