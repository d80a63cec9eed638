# SPDX-License-Identifier: GPL-3.0-or-later
"""The Performance page as a person uses it, who may not see the screen.

A graph's reading is its accessible description; the arrow keys move the
crosshair, T shows the same numbers as a table, the menu moves a graph.
"""

import os
import re

import gui

SHOTS = os.environ.get('MOS_SHOTS')


def shot(lab, name):
    if SHOTS:
        lab.picture(os.path.join(SHOTS, name + '.png'))


def start_new(lab):
    lab.press('push button', 'New Machine')
    lab.find('push button', 'Create and Start')
    lab.press('push button', 'Create and Start')
    lab.find('list item', 'Machine, Running', 60)


def show_page(lab, name):
    """By the bar's menu, which has also the tabs that scroll out of sight."""
    lab.press('push button', 'All Pages')
    lab.act(lab.find('menu item', name))


def graph(lab, title):
    return lab.find('image', title)


def reading(lab, title):
    return graph(lab, title).get_description() or ''


def test_readings_and_cursor():
    gui.backend()
    with gui.Lab() as lab:
        start_new(lab)
        show_page(lab, 'Performance')
        shot(lab, 'first')
        gui.wait('exits to be read',
                 lambda: re.search(r'\d\d:\d\d:\d\d: .*/s', reading(lab, 'Exits by reason')), 60)
        gui.wait('memory to be read',
                 lambda: re.search(r'iB', reading(lab, 'Memory resident')))
        # Live: the reading changes by itself.
        before = reading(lab, 'Exits by reason')
        gui.wait('the next sample', lambda: reading(lab, 'Exits by reason') != before)
        shot(lab, 'performance')

        # The crosshair goes back in time by the keyboard, and all graphs follow.
        lab.act(lab.find('push button', 'Follow the Newest Sample'))
        lab.click(graph(lab, 'Exits by reason'), .98)
        gui.wait('the focus', lambda: gui.has_state(graph(lab, 'Exits by reason'), 'FOCUSED'))
        newest = reading(lab, 'Exits by reason')
        lab.key('Left')
        gui.wait('an earlier reading', lambda: reading(lab, 'Exits by reason') != newest)
        time = reading(lab, 'Exits by reason').split(': ')[0]
        gui.wait('the other graphs to follow',
                 lambda: reading(lab, 'Memory resident').split(': ')[0] == time)
        lab.key('Right')
        gui.wait('the later reading', lambda: reading(lab, 'Exits by reason')
                 .startswith(newest.split(': ')[0]))

        # The table has the number of the crosshair.
        value = re.search(r'hlt (\S+( k)?/s)', reading(lab, 'Exits by reason')).group(1)
        lab.key('t')
        lab.find('label', value)
        shot(lab, 'performance-table')
        assert not lab.complaints(), lab.complaints()


def test_arrange_and_range():
    gui.backend()
    with gui.Lab() as lab:
        start_new(lab)
        show_page(lab, 'Performance')
        graph(lab, 'Guest processor time')
        order = [n.get_name() for n in lab.all('image') if n.get_name() in TITLES]
        lab.press('push button', 'Menu of “Exits by reason”')
        lab.act(lab.find('menu item', 'Pin to the Top'), 'click')
        gui.wait('the graph to be first', lambda: [
            n.get_name() for n in lab.all('image') if n.get_name() in TITLES][0]
            == 'Exits by reason')
        assert order[0] != 'Exits by reason'
        # Zooming with the keyboard changes the range of all of them.
        lab.click(graph(lab, 'Exits by reason'), .9)
        lab.key('minus')
        gui.wait('two minutes in view', lambda: reading(lab, 'Exits by reason'))
        lab.press('list item', 'Overview')
        gui.wait('the host to be read', lambda: re.search(
            r'%', reading(lab, 'Host memory in use')), 30)
        shot(lab, 'overview')
        assert not lab.complaints(), lab.complaints()


def test_profile_trace_and_alerts():
    gui.backend()
    with gui.Lab() as lab:
        start_new(lab)
        show_page(lab, 'Profile')
        lab.press('push button', 'Begin a Profile')
        lab.find('label', 'A profile is being made')
        lab.press('push button', 'End the Profile')
        gui.wait('a flame graph', lambda: re.search(
            r'samples', lab.find('image', 'Flame graph').get_description() or ''))
        shot(lab, 'profile')

        show_page(lab, 'Trace')
        lab.press('push button', 'Begin a Trace')
        lab.find('label', 'Recording')
        lab.press('push button', 'End the Trace')
        gui.wait('events', lambda: any(re.search(r'exit: hlt at 0x', n.get_name() or '')
                                       for n in lab.all('list item')))
        # The first is in view, whatever it is.
        row = next(n for n in lab.all('list item')
                   if re.search(r's  vCPU 0  level 1 ', n.get_name() or ''))
        lab.click(row)
        gui.xdo('key', 'Return')
        behind = lab.find('text', 'What stands behind the event')
        gui.wait('the code behind it', lambda: re.search(
            r'Code there\n +[0-9a-f]+  [0-9a-f]{2} ', gui.text_of(behind)))
        shot(lab, 'trace')

        lab.press('list item', 'Alerts')
        lab.find('label', 'Nothing has fired.')
        lab.press('push button', 'Change “Exit storm”')
        lab.find('push button', 'Save')
        shot(lab, 'rule')
        spin = lab.find('spin button', 'Threshold')
        lab.click(spin, .2)
        lab.key('ctrl+a')
        lab.type('1')
        hold = lab.find('spin button', 'Seconds it must hold')
        lab.click(hold, .2)
        lab.key('ctrl+a')
        lab.type('0')
        gui.xdo('key', 'Tab')
        lab.press('push button', 'Save')
        lab.find('push button', 'Acknowledge “Exit storm', 30)
        shot(lab, 'alerts')
        lab.press('push button', 'Acknowledge “Exit storm')
        lab.gone('push button', 'Acknowledge “Exit storm')
        assert not lab.complaints(), lab.complaints()


TITLES = {'Guest processor time', 'Exits by reason', 'Exits by level', 'Memory resident'}

if __name__ == '__main__':
    gui.run([test_readings_and_cursor, test_arrange_and_range, test_profile_trace_and_alerts])
