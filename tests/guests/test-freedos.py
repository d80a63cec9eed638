# SPDX-License-Identifier: GPL-3.0-or-later
"""FreeDOS from a floppy image, to its prompt and through some commands.

The image is not part of the project: MULTIOS_FREEDOS_IMAGE names it, or it
lies at ../shared/guests/freedos722.img beside the source folder.
"""

import os

from guests import machine
from guests.machine import expect, expect_status, run


def find_image():
    beside = os.path.join(machine.SOURCE, '..', 'shared', 'guests', 'freedos722.img')
    path = os.environ.get('MULTIOS_FREEDOS_IMAGE') or beside
    if not os.path.exists(path):
        raise machine.Skip('no FreeDOS image; MULTIOS_FREEDOS_IMAGE may name one')
    with open(path, 'rb') as file:
        return file.read()


def commands(folder, accel):
    floppy = folder.file('freedos.img', find_image())
    machine.need_speed(accel)
    picture = folder.file('picture.png')
    expect_status(run('run', '--floppy', floppy, '--accel', accel, '--serial', 'none',
                      '--until-screen', 'A:',
                      '--type', 'ver\\n', '--until-screen', 'FreeCom version.*\n(.*\n)*.*>$',
                      '--type', 'type autoexec.bat\\n', '--until-screen', '(?i)echo',
                      '--type', 'dir\\n', '--until-screen', 'bytes free',
                      '--screenshot', picture, '--timeout', '250', seconds=300), 0)
    with open(picture, 'rb') as file:
        expect(file.read(8) == machine.SIGNATURE, 'no PNG')


def all_cases():
    accels = machine.backends()
    if not accels:
        yield 'FreeDOS runs', machine.no_backend
    for accel in accels:
        yield f'{accel}: ver, type, dir', lambda folder, accel=accel: commands(folder, accel)


if __name__ == '__main__':
    machine.main(list(all_cases()))
