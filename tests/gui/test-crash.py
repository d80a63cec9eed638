# SPDX-License-Identifier: GPL-3.0-or-later
"""kill -9 at random moments: on the next start every machine and setting is
readable, and the library is as it was or as the step under way made it."""

import json
import os
import random
import subprocess
import tempfile

import gui

MULTIOS = os.path.join(gui.BUILD, 'app', 'multios')
TIMES = 50 if os.environ.get('MOS_TEST_LONG') else 12
TOML = 'name = "{name}"\nmemory_mb = {memory}\n[boot]\nguest = "simple-boot"\n'


def names(lab):
    rows = json.loads(subprocess.run([MULTIOS, 'list', '--json'], env=lab.env, check=True,
                                     stdout=subprocess.PIPE, text=True).stdout)
    return {row['name'] for row in rows}


def check_files(lab):
    """Every machine's file is whole."""
    folder = os.path.join(lab.home, 'data', 'multios-lab', 'machines')
    for machine in os.listdir(folder) if os.path.isdir(folder) else []:
        path = os.path.join(folder, machine, 'machine.toml')
        if os.path.exists(path):
            run = subprocess.run([MULTIOS, 'config', 'check', path], env=lab.env, text=True,
                                 stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
            assert run.returncode == 0, run.stdout


def step(lab, number):
    """Something that writes; may be killed anywhere in it."""
    path = os.path.join(lab.home, 'new.toml')
    with open(path, 'w') as file:
        file.write(TOML.format(name=f'Machine {number}', memory=32 + number))
    return [subprocess.Popen([gui.PROGRAM, path], env=lab.env, stderr=subprocess.DEVNULL),
            subprocess.Popen([MULTIOS, 'start', 'Kept', '--timeout', '5'], env=lab.env,
                             stderr=subprocess.DEVNULL)]


def test_killed_at_any_moment():
    random.seed(6)
    with tempfile.TemporaryDirectory(prefix='multios-crash-') as home:
        lab = gui.Lab(home=home)
        lab.start()
        path = os.path.join(home, 'kept.toml')
        with open(path, 'w') as file:
            file.write(TOML.format(name='Kept', memory=64))
        subprocess.run([gui.PROGRAM, path], env=lab.env, check=True)
        lab.find('list item', 'Kept, Stopped')
        known = {'Kept'}
        for number in range(TIMES):
            under_way = step(lab, number)
            pause = random.random() * .4
            gui.wait('a moment', iter([False] * int(pause / .05) + [True]).__next__)
            lab.end()
            for process in under_way:
                process.kill()  # it may have become the program itself
                process.wait()
            check_files(lab)
            lab.start()
            now = names(lab)
            # Nothing is lost; at most the machine under way is there too, and
            # a hand-over that found nobody may have made it by itself.
            assert known <= now, (known, now)
            assert now - known <= {f'Machine {number}'}, (known, now)
            known = now
        lab.end()


gui.run([value for name, value in list(globals().items()) if name.startswith('test_')])
