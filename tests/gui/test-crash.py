# SPDX-License-Identifier: GPL-3.0-or-later
"""kill -9 at random moments: on the next start every machine, setting and
sample is readable, and the library is as it was or as the step under way made
it."""

import configparser
import contextlib
import json
import os
import random
import shutil
import sqlite3
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


def settings(lab):
    """What the keyfile backend of GSettings has on the disk."""
    path = os.path.join(lab.home, 'config', 'glib-2.0', 'settings', 'keyfile')
    file = configparser.ConfigParser(interpolation=None, strict=True)
    file.read(path)  # complains of what is none
    return dict(file['org/multios/Lab']) if file.has_section('org/multios/Lab') else {}


def samples(lab):
    """The times of the fresh samples, and the last time of the packed ones. Of a
    copy: what a crash leaves is the program's to repair."""
    folder = os.path.join(lab.home, 'state', 'multios-lab')
    with tempfile.TemporaryDirectory(prefix='multios-samples-') as copy:
        # The log after the file: what is moved into the file in between is in both.
        for end in ('', '-wal'):
            path = os.path.join(folder, 'samples.sqlite' + end)
            if os.path.exists(path):
                shutil.copy(path, copy)
        with contextlib.closing(sqlite3.connect(os.path.join(copy, 'samples.sqlite'))) as store:
            assert store.execute('PRAGMA integrity_check').fetchall() == [('ok',)]
            packed, = store.execute('SELECT coalesce(max(stop), 0) FROM block').fetchone()
            return {row[0] for row in store.execute('SELECT time FROM fresh')}, packed


def newest(lab):
    """As a program beside it reads it."""
    path = os.path.join(lab.home, 'state', 'multios-lab', 'samples.sqlite')
    with contextlib.closing(sqlite3.connect(f'file:{path}?mode=ro', uri=True)) as store:
        return store.execute('SELECT coalesce(max(time), 0) FROM fresh').fetchone()[0]


def activate(lab, path, name, value):
    subprocess.run(['gdbus', 'call', '--session', '--dest', 'org.multios.Lab', '--object-path',
                    path, '--method', 'org.gtk.Actions.Activate', name, f"[<'{value}'>]", '{}'],
                   env=lab.env, check=True, stdout=subprocess.PIPE)


def change_settings(lab, number):
    """The program itself writes them; both are on the disk when this returns."""
    scaling = ['fit', 'integer', 'one'][number % 3]
    activate(lab, '/org/multios/Lab/window/1', 'scaling', scaling)
    activate(lab, '/org/multios/Lab', 'show-page', ['log', 'text', 'details'][number % 3])
    gui.wait('the setting', lambda: settings(lab).get('scaling') == f"'{scaling}'")
    return scaling


def step(lab, number):
    """Something that writes; may be killed anywhere in it."""
    path = os.path.join(lab.home, 'new.toml')
    with open(path, 'w') as file:
        file.write(TOML.format(name=f'Machine {number}', memory=32 + number))
    return [subprocess.Popen([gui.PROGRAM, path], env=lab.env, stderr=subprocess.DEVNULL),
            subprocess.Popen([MULTIOS, 'start', 'Kept', '--timeout', '5'], env=lab.env,
                             stderr=subprocess.DEVNULL),
            subprocess.Popen(['gdbus', 'call', '--session', '--dest', 'org.multios.Lab',
                              '--object-path', '/org/multios/Lab/window/1', '--method',
                              'org.gtk.Actions.Activate', 'scaling', "[<'fit'>]", '{}'],
                             env=lab.env, stdout=subprocess.DEVNULL,
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
        known, sampled = {'Kept'}, {0}
        # Ten times as often as usual, to be killed while one is written.
        subprocess.run(['gsettings', 'set', 'org.multios.Lab', 'sample-interval', '100'],
                       env=lab.env, check=True)
        for number in range(TIMES):
            scaling = change_settings(lab, number)
            gui.wait('samples', lambda: newest(lab) > max(sampled))
            under_way = step(lab, number)
            pause = random.random() * .4
            gui.wait('a moment', iter([False] * int(pause / .05) + [True]).__next__)
            lab.end()
            for process in under_way:
                process.kill()  # it may have become the program itself
                process.wait()
            check_files(lab)
            kept = settings(lab)
            assert kept['scaling'] in (f"'{scaling}'", "'fit'"), kept
            assert kept['sample-interval'] == '100', kept
            # None is lost that was there the last time, and there are new ones.
            fresh, packed = samples(lab)
            lost = {time for time in sampled - fresh if time > packed}
            assert not lost, f'{len(lost)} samples of {len(sampled)} are lost'
            sampled = fresh | {packed}
            lab.start()
            assert not lab.complaints(), lab.complaints()
            now = names(lab)
            # Nothing is lost; at most the machine under way is there too, and
            # a hand-over that found nobody may have made it by itself.
            assert known <= now, (known, now)
            assert now - known <= {f'Machine {number}'}, (known, now)
            known = now
        lab.end()


gui.run([value for name, value in list(globals().items()) if name.startswith('test_')])
