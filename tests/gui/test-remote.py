# SPDX-License-Identifier: GPL-3.0-or-later
"""`multios list|start|pause|resume|stop|reset|screenshot` and the program they
talk to, the desktop's search, and machines that outlive the window."""

import json
import os
import struct
import subprocess

import gui

MULTIOS = os.path.join(gui.BUILD, 'app', 'multios')
TOML = '''name = "{name}"
memory_mb = 32
[boot]
guest = "simple-boot"
'''


def multios(lab, *words):
    return subprocess.run([MULTIOS, *words], env=lab.env, text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=120, check=False)


def gdbus(lab, path, method, *arguments):
    return subprocess.run(['gdbus', 'call', '--session', '--dest', 'org.multios.Lab',
                           '--object-path', path, '--method', method, *arguments],
                          env=lab.env, text=True, stdout=subprocess.PIPE, check=True).stdout


def states(lab):
    rows = json.loads(multios(lab, 'list', '--json').stdout)
    return {row['name']: row['state'] for row in rows}


def machine(lab, name):
    path = os.path.join(lab.home, 'machine.toml')
    with open(path, 'w') as file:
        file.write(TOML.format(name=name))
    subprocess.run([gui.PROGRAM, path], env=lab.env, check=True)
    lab.find('list item', f'{name}, Stopped')


def test_verbs_from_the_command_line():
    gui.backend()
    with gui.Lab() as lab:
        machine(lab, 'One')
        machine(lab, 'Two')
        assert states(lab) == {'One': 'stopped', 'Two': 'stopped'}, states(lab)
        assert multios(lab, 'list').stdout.split() == ['stopped', 'One', 'stopped', 'Two']

        run = multios(lab, 'start', 'One', 'Two', '--json')
        assert run.returncode == 0, run
        assert [row['state'] for row in json.loads(run.stdout)] == ['running', 'running']
        lab.find('list item', 'One, Running')
        assert multios(lab, 'pause', 'Two').returncode == 0
        lab.find('list item', 'Two, Paused')
        again = multios(lab, 'pause', 'Two')
        assert again.returncode == 1 and 'pause: ' in again.stderr, again
        assert multios(lab, 'resume', 'Two').returncode == 0
        assert multios(lab, 'reset', 'Two').returncode == 0

        picture = os.path.join(lab.home, 'one.png')
        run = multios(lab, 'screenshot', 'One', picture, '--json')
        assert run.returncode == 0, run
        with open(picture, 'rb') as file:
            head = file.read(24)
        size = struct.unpack('>II', head[16:24])
        told = json.loads(run.stdout)
        assert head[:4] == b'\x89PNG' and size == (told['width'], told['height']), (size, told)

        # This guest does not know the power button.
        assert multios(lab, 'stop', 'One', '--timeout', '1').returncode == 124
        assert multios(lab, 'stop', 'One', 'Two', '--force').returncode == 0
        assert states(lab) == {'One': 'stopped', 'Two': 'stopped'}, states(lab)
        assert not lab.complaints(), lab.complaints()


def test_mistakes_have_their_codes():
    with gui.Lab() as lab:
        machine(lab, 'One')
        run = multios(lab, 'start', 'Nobody')
        assert run.returncode == 2 and 'Nobody' in run.stderr, run
        assert multios(lab, 'start').returncode == 2
        assert multios(lab, 'start', 'One', '--timeout', '0').returncode == 2
        dark = multios(lab, 'screenshot', 'One', os.path.join(lab.home, 'x.png'))
        assert dark.returncode == 1 and 'Start the machine' in dark.stderr, dark
        lab.key('alt+F4')
        assert lab.ended() == 0
        away = multios(lab, 'pause', 'One')
        assert away.returncode == 3 and len(away.stderr.splitlines()) == 1, away
        # The list is read from the folder then.
        assert states(lab) == {'One': 'stopped'}


def test_the_desktops_search():
    with gui.Lab() as lab:
        machine(lab, 'Red Hat')
        machine(lab, 'Blue Sky')
        path = '/org/multios/Lab/SearchProvider'
        name = 'org.gnome.Shell.SearchProvider2.'
        found = gdbus(lab, path, name + 'GetInitialResultSet', "['re','h']")
        uuid = found.split("'")[1]
        assert found.count("'") == 2, found
        assert 'Red Hat' in gdbus(lab, path, name + 'GetResultMetas', f"['{uuid}','no']")
        assert "'" not in gdbus(lab, path, name + 'GetSubsearchResultSet', "['x']", "['zz']")
        gdbus(lab, path, name + 'ActivateResult', uuid, "['red']", '0')
        lab.find('label', '“Red Hat” Is Off')


def test_machines_outlive_the_window():
    gui.backend()
    with gui.Lab() as lab:
        machine(lab, 'Goes On')
        assert multios(lab, 'start', 'Goes On').returncode == 0
        lab.key('alt+F4')
        lab.press('push button', 'Keep Running')
        lab.without_window()
        assert states(lab) == {'Goes On': 'running'}
        subprocess.run([gui.PROGRAM], env=lab.env, check=True)
        lab.find('list item', 'Goes On, Running')
        lab.key('alt+F4')
        lab.press('push button', 'Keep Running')
        lab.without_window()
        # With the last machine the program ends too.
        assert multios(lab, 'stop', 'Goes On', '--force').returncode == 0
        assert lab.ended() == 0
        assert not lab.complaints(), lab.complaints()


gui.run([value for name, value in list(globals().items()) if name.startswith('test_')])
