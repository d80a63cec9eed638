# SPDX-License-Identifier: GPL-3.0-or-later
"""Stock OVMF on our PC: to its shell by keys, through a reset and off; variables
stay in a file beside the machine's, and a file that is none is refused.
"""

import os

from guests import machine
from guests.machine import expect, expect_status, run

CODE = ['/usr/share/OVMF/OVMF_CODE_4M.fd', '/usr/share/OVMF/OVMF_CODE.fd']
TIMEOUT = ['--timeout', '120']


def need_ovmf():
    if not any(os.path.exists(path) for path in CODE):
        raise machine.Skip('the package ovmf is not installed')


def make(folder, text=''):
    return folder.file('m.toml', f'memory_mb = 128\n[boot]\nfirmware = "ovmf"\n{text}'.encode())


def variables_stay(folder, accel):
    machine.need_speed(accel)
    toml = make(folder)
    picture = folder.file('picture.png')
    start = ['run', toml, '--accel', accel, *TIMEOUT, '--until-serial', 'Shell> ']
    expect_status(run(*start, '--type', 'set labword stays\n', '--until-serial', 'Shell> ',
                      '--type', 'reset\n', '--until-serial', 'Shell> ',
                      '--screenshot', picture, seconds=150), 0)
    with open(picture, 'rb') as file:
        expect(file.read(8) == machine.SIGNATURE, 'no PNG')
    with open(folder.file('m.nvram'), 'rb') as file:
        expect('labword'.encode('utf-16-le') in file.read(), 'not in the file')
    # The machine is off before the last key is up, which the run remarks.
    status, out, err = run(*start, '--type', 'set\n', '--until-serial', 'uefiversion',
                           '--type', 'reset -s\n', '--until-serial', 'never', seconds=150)
    expect(status == 1 and 'the guest ended before' in err, f'{status}: {err}')
    expect(b'stays' in out, f'the variable is gone: {out[-600:]}')


def variables_of_another(folder, accel):
    path = folder.file('m.nvram', b'x' * 1000)
    status, _, err = run('run', make(folder), '--accel', accel, '--timeout', '5')
    expect(status not in (0, 124), f'status {status}')
    expect('no file of firmware variables' in err and path in err, err)
    with open(path, 'rb') as file:
        expect(file.read() == b'x' * 1000, 'the file was changed')


def own_firmware_without_variables(folder, accel):
    toml = folder.file('m.toml', f'memory_mb = 128\n[boot]\nfirmware = "{CODE[0]}"\n'
                       'variables_path = "none.fd"\n'.encode())
    status, _, err = run('run', toml, '--accel', accel, '--timeout', '5')
    expect(status not in (0, 124), f'status {status}')
    expect('none.fd' in err and 'do not exist' in err, err)


def all_cases():
    for accel in machine.backends():
        for case in (variables_stay, variables_of_another,
                     own_firmware_without_variables):
            def checked(folder, case=case, accel=accel):
                need_ovmf()
                case(folder, accel)
            yield f'{accel}: {case.__name__.replace("_", " ")}', checked


if __name__ == '__main__':
    machine.main(list(all_cases()) or [('OVMF runs', machine.no_backend)])
