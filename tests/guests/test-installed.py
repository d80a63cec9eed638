#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A Debian system from debootstrap on its own disk: it starts by its own GRUB
from every controller, writes, reboots, and outlives a machine that is killed.

Minutes of a processor, so only with --long (MOS_TEST_LONG); MOS_TEST_MIB says how
much is written, 1024 unless told, MOS_TEST_KILLS how often it is killed, 50 times
unless told, MOS_TEST_CONSOLE where to keep what the system said. An argument
chooses among the cases by their name.
"""

import os
import random
import shutil
import subprocess
import sys

import debian
import machine
from machine import expect

MEMORY = '512'
# It is written in files that are a seed turned by another number each, so that nothing
# in them is twice at the same place.
FILES = int(os.environ.get('MOS_TEST_MIB', '1024')) // 16
SEED_BYTES, TURN_BYTES = 16 << 20, 4099
WRITE = f'''for n in $(seq {FILES}); do
at=$((n * {TURN_BYTES}))
(tail -c +$((at + 1)) /var/seed; head -c $at /var/seed) | tee /var/big.$n | cksum
done >/var/sums; sync; md5sum </var/sums'''
# One line: the first prompt is the answer's end.
READ = (f'echo 3 >/proc/sys/vm/drop_caches; for n in $(seq {FILES}); do cksum </var/big.$n; done | '
        'cmp - /var/sums && echo SAME')

# The only process, after GRUB has seen it: files are written, synced and told
# one after the other, old ones go, until somebody pulls the plug.
PLAIN = '''#!/bin/sh
export PATH=/bin:/sbin:/usr/bin:/usr/sbin
mount -t proc proc /proc
exec >/dev/ttyS0 2>&1 </dev/ttyS0
dmesg -n 1
mount -o remount,rw none / || exit
dmesg | grep -c 'recovery complete' | sed 's/^/REPLAYED /'
mkdir -p /var/churn
cd /var/churn
read last </var/last || last=0
echo LAST $last
for file in *.md5; do
  [ -e "$file" ] || continue
  [ ${file%.md5} -gt $last ] && continue
  md5sum --status -c $file && echo GOOD ${file%.md5} || echo BAD ${file%.md5}
done
echo CHECKED
n=$last
while :; do
  n=$((n + 1))
  seq $((n * 1000)) $((n * 1000 + n % 37 * 1000)) >$n
  md5sum $n >$n.md5
  echo $n >/var/last.new
  sync $n $n.md5 .
  sync /var/last.new
  mv /var/last.new /var/last
  sync /var
  echo WRITTEN $n
  rm -f -- $((n - 20)) $((n - 20)).md5
done
'''


def disk_option(path, bus, form='raw'):
    return ('--disk', f'{path},format={form},bus={bus}', '--accel', 'soft', '--memory', MEMORY)


def put(raw, folder, name, content, mode='0100644'):
    """A file NAME in the root of the disk RAW."""
    source = folder.file(name, content)
    commands = f'cd {os.path.dirname("/" + name)}\nwrite {source} {os.path.basename(name)}\n'
    commands += f'set_inode_field {os.path.basename(name)} mode {mode}\n'
    debian.tool('debugfs', '-w', '-f', folder.file('commands', commands.encode()),
                f'{raw}?offset={debian.FIRST_SECTOR * 512}')


def works(folder, bus):
    path = debian.copy(folder)
    seed = random.Random(7).randbytes(SEED_BYTES)
    put(path, folder, 'seed', seed)
    guest = debian.Console(*disk_option(path, bus), '--timeout', '6000',
                           log=os.environ.get('MOS_TEST_CONSOLE'))
    try:
        guest.until(debian.PROMPT)
        expect('/dev/' + ('vda1' if bus == 'virtio' else 'sda1') in guest.do('mount | head -50'),
               'the root is elsewhere')
        guest.do('mv /seed /var/seed')
        guest.do(WRITE)
        expect('SAME' in guest.do(READ), 'what was written is not what is read')
        guest.say('reboot')
        guest.until('Booting `Debian')
        guest.until(debian.PROMPT)
        expect('SAME' in guest.do(READ), 'after the reboot it is not the same')
        guest.say('poweroff')
        guest.end()
    finally:
        guest.kill()
    check_filesystem(path)
    check_files(path, seed)


def check_files(path, seed):
    """From outside: every byte of them is what it should be."""
    for number in range(1, FILES + 1):
        at = number * TURN_BYTES
        found = subprocess.run(['debugfs', '-R', f'cat /var/big.{number}',
                                f'{path}?offset={debian.FIRST_SECTOR * 512}'],
                               stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
        expect(found == seed[at:] + seed[:at], f'file {number} is not what was written')


def check_filesystem(path):
    done = subprocess.run(['e2fsck', '-fn', f'{path}?offset={debian.FIRST_SECTOR * 512}'],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    expect(done.returncode == 0, f'e2fsck: {done.stdout.decode()[-1000:]}')


def check_image(path):
    """Clusters that nothing refers to are lost space, not damage: 3."""
    machine.expect_status(machine.run('disk', 'check', path), 0)
    if shutil.which('qemu-img') is None:
        return
    done = subprocess.run(['qemu-img', 'check', '-q', path], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT)
    expect(done.returncode in (0, 3), f'qemu-img check: {done.returncode} {done.stdout.decode()}')


def plain_disk(folder, form):
    """A disk whose GRUB starts the script above."""
    raw = debian.copy(folder)
    put(raw, folder, 'plain', PLAIN.encode(), '0100755')
    if form == 'raw':
        return raw
    path = folder.file('disk.qcow2')
    machine.expect_status(machine.run('disk', 'convert', raw, path, '--source-format', 'raw',
                                      seconds=300), 0)
    os.unlink(raw)
    return path


def killed(folder):
    chance = random.Random(4)
    kills = int(os.environ.get('MOS_TEST_KILLS', '50'))
    path = plain_disk(folder, 'qcow2')
    buses = ('virtio', 'ahci', 'ide')
    last = replays = 0
    for number in range(kills + 1):
        guest = debian.Console(*disk_option(path, buses[number % 3], 'qcow2'), '--timeout', '2000',
                               log=os.environ.get('MOS_TEST_CONSOLE'))
        try:
            replays += int(guest.until(r'REPLAYED (\d+)\r?\n')[1][1])
            found = int(guest.until(r'LAST (\d+)\r?\n')[1][1])
            expect(found >= last, f'kill {number}: {last} had been synced, {found} is there')
            said = guest.until('CHECKED')[0]
            expect('BAD' not in said, f'kill {number}: {said}')
            expect(said.count('GOOD') >= min(found, 20), f'kill {number}: {found} {said}')
            last = found
            for _ in range(chance.randrange(1, 30)):
                last = int(guest.until(r'WRITTEN (\d+)\r?\n')[1][1])
        finally:
            guest.kill()
        check_image(path)
        print(f'# {number}: {buses[number % 3]}, {last} files, {replays} replays', flush=True)
    expect(replays >= kills // 2, f'of {kills} kills {replays} left a journal to replay')
    raw = folder.file('back.raw')
    machine.expect_status(machine.run('disk', 'convert', path, raw, '--format', 'raw',
                                      seconds=300), 0)
    # e2fsck cannot open it again at an offset after it has replayed the journal.
    part = folder.file('part.raw')
    debian.tool('dd', f'if={raw}', f'of={part}', 'bs=1M',
                f'skip={debian.FIRST_SECTOR * 512 >> 20}', 'conv=sparse')
    debian.tool('sh', '-c', f'e2fsck -fp "{part}"; test $? -le 1')
    debian.tool('e2fsck', '-fn', part)


def long_only(folder):
    raise machine.Skip('it takes many minutes; --long runs it')


def all_cases():
    if 'MOS_TEST_LONG' not in os.environ:
        yield 'an installed Debian', long_only
        return
    for bus in ('virtio', 'ahci', 'ide'):
        yield (f'{bus}: starts, writes a GiB, reboots',
               lambda folder, bus=bus: works(folder, bus))
    yield 'qcow2: killed at random moments', killed


if __name__ == '__main__':
    CASES = list(all_cases())
    if len(sys.argv) > 1:
        CASES = [case for case in CASES if sys.argv[1] in case[0]]
    if 'soft' not in machine.backends():
        CASES = [(name, machine.no_backend) for name, _ in CASES]
    machine.main(CASES)
