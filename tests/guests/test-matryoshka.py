# SPDX-License-Identifier: GPL-3.0-or-later
"""Hypervisors inside hypervisors, on the software processor of either vendor:
what the tree says agrees with what the guests say, and with what they did.
"""

import json

import machine

VENDORS = ('amd', 'intel')


def supported(vendor):
    soft = [b for b in machine.host()['backends'] if b['name'] == 'soft'][0]
    if not soft['nested_svm' if vendor == 'amd' else 'nested_vmx']:
        raise machine.Skip(f'the software processor offers no nesting of {vendor}')


def run(folder, vendor, arguments):
    """Its statistics and what it printed."""
    supported(vendor)
    stats = folder.file('stats.json')
    out, _ = machine.expect_status(machine.run(
        'run', '--guest', f'matryoshka:{arguments},exit=1', '--accel', 'soft', '--memory', '64M',
        '--set', 'features.nested=true', '--set', f'cpu.vendor={vendor}', '--debug-exit',
        '--timeout', '120', '--stats', stats, seconds=150), 1)
    with open(stats) as file:
        return json.load(file), out.decode()


def chain(node):
    """The nodes from the machine inwards; each has one child at most."""
    nodes = []
    while node['children']:
        machine.expect(len(node['children']) == 1, f'{len(node["children"])} children')
        node = node['children'][0]
        nodes.append(node)
    return nodes


def cells(node, reason):
    return {e['handled_by']: e['count'] for e in node['exits'] if e['reason'] == reason}


def depth_four(vendor):
    def case(folder):
        stats, out = run(folder, vendor, 'depth=4,work=cpuid,count=1000')
        machine.expect(out.count('is here') == 4, out)
        nodes = chain(stats['tree'])
        machine.expect([n['level'] for n in nodes] == [1, 2, 3, 4], nodes)
        # By the beacon, relayed outward through all levels.
        machine.expect([n['name'] for n in nodes] ==
                       ['matryoshka %d' % (i + 1) if i else 'multios run' for i in range(4)],
                       [n['name'] for n in nodes])
        machine.expect(cells(nodes[3], 'cpuid') == {3: 1000}, nodes[3]['exits'])
        machine.expect(nodes[3]['multiplication'] > 2, nodes[3])

        silent, _ = run(folder, vendor, 'depth=4,work=cpuid,count=1000,beacon=0')
        machine.expect([n['level'] for n in chain(silent['tree'])] == [1, 2, 3, 4], 'shape')
    return case


def ten_thousand(vendor):
    def case(folder):
        stats, _ = run(folder, vendor, 'depth=2,work=cpuid,count=10000')
        nodes = chain(stats['tree'])
        machine.expect(cells(nodes[1], 'cpuid') == {1: 10000}, nodes[1]['exits'])
        # The same by level, and nothing of it is lost.
        exits = {(e['level'], e['reason'], e['handled_by']): e['count'] for e in stats['exits']}
        machine.expect(exits[2, 'cpuid', 1] == 10000, exits)
        for level, node in enumerate(nodes, 1):
            machine.expect(sum(e['count'] for e in node['exits']) ==
                           sum(n for key, n in exits.items() if key[0] == level), level)
        # An entry for every exit, and the first.
        machine.expect(nodes[1]['entries'] - 1 <=
                       sum(n for key, n in exits.items() if key[0] == 2 and key[2] > 0)
                       <= nodes[1]['entries'], nodes[1])
    return case


def arguments(folder):
    for bad, word in (('depth=9', 'depth=9'), ('work=play', 'play'), ('dpth=2', 'dpth')):
        _, err = machine.expect_status(machine.run('run', '--guest', f'matryoshka:{bad}'), 2)
        machine.expect(word in err and len(err.splitlines()) == 1, err)


machine.main([(f'{vendor}, four levels', depth_four(vendor)) for vendor in VENDORS] +
             [(f'{vendor}, 10,000 CPUIDs at level 2', ten_thousand(vendor)) for vendor in VENDORS] +
             [('arguments', arguments)])
