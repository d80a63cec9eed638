# SPDX-License-Identifier: GPL-3.0-or-later
"""The labs in the real window: each step is opened, shown, done, and looked at.
With MOS_GUI_PICTURES every step is on a picture before and after; all but the
first lab only with MOS_TEST_LONG."""

import os
import re
import subprocess

import gui

PICTURES = os.environ.get('MOS_GUI_PICTURES')


def picture(name):
    if PICTURES:
        subprocess.run(['/usr/bin/import', '-window', 'root',
                        os.path.join(PICTURES, f'walk-{name}.png')], check=False)


def position(lab):
    """Step and number of steps, from “Step 3 of 9”."""
    for node in lab.each('label'):
        found = re.match(r'Step (\d+) of (\d+)$', node.get_name() or '')
        if found:
            return int(found[1]), int(found[2])
    return None


def may_show(lab):
    return gui.has_state(lab.find('push button', 'Show Me'), 'SENSITIVE')


def walk(title, patience):
    gui.backend()
    with gui.Lab() as lab:
        lab.key('F8')
        lab.click(lab.find('list item', title))
        step, n_steps = gui.wait('a step', lambda: position(lab))
        assert step == 1
        name = re.sub(r'\W+', '-', title.lower())
        for step in range(1, n_steps + 1):
            gui.wait(f'step {step}', lambda s=step: position(lab) == (s, n_steps))
            lab.gone('label', 'Done.')
            picture(f'{name}-{step}-before')
            if may_show(lab):
                lab.use('push button', 'Show Me')
                picture(f'{name}-{step}-show')
            lab.use('push button', 'Do It for Me')
            lab.find('label', 'Done.', patience)
            picture(f'{name}-{step}-done')
            if step < n_steps:
                lab.use('push button', 'Next Step')
        lab.use('push button', 'All Labs')
        lab.find('label', f'{n_steps} of {n_steps} steps done')
        assert not lab.complaints(), lab.complaints()


def long(title):
    if 'MOS_TEST_LONG' not in os.environ:
        raise gui.Skip('MOS_TEST_LONG is not set')
    walk(title, 180)


def test_beginner():
    walk('Simple Boot', 60)


def test_intermediate():
    long('Memory Management')


def test_advanced():
    long('Device Driver Development')


def test_expert():
    long('Research Projects')


def test_device_interaction():
    long('Device Interaction')


def test_multi_os():
    long('Multi-OS Comparison')


def test_nested():
    long('Nested Virtualization')


def test_kernel():
    long('Kernel Development')


def test_performance():
    long('Performance Optimization')


gui.run([value for name, value in list(globals().items()) if name.startswith('test_')])
