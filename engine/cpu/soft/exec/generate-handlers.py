# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes the hot integer handlers: templates.h times operation, width, form.

Usage: generate-handlers.py OUTPUT.c

A handler is a plain function whose name says what it is (add4_rm_flat64), and
stands in a table by [operation][width][form] that alu.c and branch.c read.
"""

import sys

WIDTHS = [(1, 'b', 'q'), (2, 'w', 'r'), (4, 'l', 'r'), (8, 'q', 'r')]
MODIFIER = {1: 'b', 2: 'w', 4: 'k', 8: 'q'}
FORMS = ['flat64', 'flat32', 'general']
BINARY = ['add', 'or', 'adc', 'sbb', 'and', 'sub', 'xor']
COMPARE = ['cmp', 'test']
UNARY = ['inc', 'dec', 'neg', 'not']
SHIFTS = ['rol', 'ror', 'rcl', 'rcr', 'shl', 'shr', 'sar']
SAVE = 'lahf\\n\\tseto %%al'
LOAD = 'addb $0x7f, %%al\\n\\tsahf\\n\\t'
CARRY = 'btw $8, %%ax\\n\\t'

out = []
tables = []


def emit(text):
    out.append(text)


def binary(name, w, suffix, cls):
    """The arithmetic as one host instruction, and its locked form."""
    m = MODIFIER[w]
    carry = name in ('adc', 'sbb')
    before = CARRY if carry else ''
    flags = '"+a" (f)' if carry else '"=a" (f)'
    init = 'guint16 f = *fl;' if carry else 'guint16 f;'
    dest = 'a' if name not in COMPARE else None
    target = f'"+{cls}" (a), {flags}' if dest else flags
    args = f'%{m}2, %{m}0' if dest else f'%{m}2, %{m}1'
    inputs = f'"{cls}" (b)' if dest else f'"{cls}" (a), "{cls}" (b)'
    emit(f'''
ALWAYS guint64
{name}{w} (guint64 a, guint64 b, guint16 *fl)
{{
  {init}

  asm ("{before}{name}{suffix} {args}\\n\\t{SAVE}"
       : {target} : {inputs} : "cc");
  *fl = f;
  return a;
}}
''')
    if name in COMPARE:
        return
    emit(f'''
ALWAYS void
locked_{name}{w} (gpointer p, guint64 b, guint16 *fl)
{{
  {init}

  asm volatile ("{before}lock {name}{suffix} %{m}1, (%2)\\n\\t{SAVE}"
                : {flags} : "{cls}" (b), "r" (p) : "cc", "memory");
  *fl = f;
}}
''')


def unary(name, w, suffix, cls):
    m = MODIFIER[w]
    if name == 'not':
        emit(f'''
ALWAYS guint64
not{w} (guint64 a, guint16 *fl)
{{
  return ~a;
}}

ALWAYS void
locked_not{w} (gpointer p, guint16 *fl)
{{
  asm volatile ("lock not{suffix} (%0)" : : "r" (p) : "memory");
}}
''')
        return
    emit(f'''
ALWAYS guint64
{name}{w} (guint64 a, guint16 *fl)
{{
  guint16 f = *fl;

  asm ("{CARRY}{name}{suffix} %{m}0\\n\\t{SAVE}"
       : "+{cls}" (a), "+a" (f) : : "cc");
  *fl = f;
  return a;
}}

ALWAYS void
locked_{name}{w} (gpointer p, guint16 *fl)
{{
  guint16 f = *fl;

  asm volatile ("{CARRY}lock {name}{suffix} (%1)\\n\\t{SAVE}"
                : "+a" (f) : "r" (p) : "cc", "memory");
  *fl = f;
}}
''')


def shift(name, w, suffix, cls):
    m = MODIFIER[w]
    emit(f'''
ALWAYS guint64
{name}{w} (guint64 a, guint64 count, guint16 *fl)
{{
  guint16 f = *fl;

  asm ("{LOAD}{name}{suffix} %%cl, %{m}0\\n\\t{SAVE}"
       : "+{cls}" (a), "+a" (f) : "c" (count) : "cc");
  *fl = f;
  return a;
}}
''')


def handler(name, call):
    emit(f'''
static const MosUop *
{name} (MosSoftCpu *cpu, const MosUop *op)
{{
  return {call};
}}
''')
    return name


def table(declaration, body):
    tables.append(f'\nconst MosHandler {declaration} = {body};\n')


def braces(items):
    return '{ ' + ', '.join(items) + ' }'


def forms(name, kind, args):
    """The three addressing forms of a handler; their names."""
    return [handler(f'{name}_{form}', f'{kind} (cpu, op, {args}, MOS_EA_{form.upper()})')
            for form in FORMS]


def alu():
    rows = []
    for name in BINARY + COMPARE:
        kind = 'compare' if name in COMPARE else 'binary'
        widths = []
        for w, suffix, cls in WIDTHS:
            binary(name, w, suffix, cls)
            f = f'{name}{w}'
            cells = [handler(f'{f}_rr', f'{kind}_rr (cpu, op, {f}, {w})'),
                     handler(f'{f}_ri', f'{kind}_ri (cpu, op, {f}, {w})')]
            for form in ('rm', 'mr', 'mi'):
                cells += forms(f'{f}_{form}', f'{kind}_{form}', f'{f}, {w}')
            if kind == 'binary':
                for form in ('mr', 'mi'):
                    cells.append(handler(f'lock_{f}_{form}',
                                         f'locked_{form} (cpu, op, {f}, locked_{f}, {w})'))
            else:
                cells += ['NULL', 'NULL']
            widths.append(braces(cells))
        rows.append(braces(widths))
    table('mos_alu_handlers[MOS_N_ALU][4][MOS_N_ALU_FORMS]', braces(rows))


def one_operand():
    rows = []
    for name in UNARY:
        widths = []
        for w, suffix, cls in WIDTHS:
            unary(name, w, suffix, cls)
            f = f'{name}{w}'
            widths.append(braces([
                handler(f'{f}_r', f'unary_r (cpu, op, {f}, {w})'),
                handler(f'{f}_m', f'unary_m (cpu, op, {f}, {w})'),
                handler(f'lock_{f}_m', f'locked_m (cpu, op, {f}, locked_{f}, {w})')]))
        rows.append(braces(widths))
    table('mos_unary_handlers[MOS_N_UNARY][4][3]', braces(rows))


def shifts():
    rows = []
    for name in SHIFTS:
        widths = []
        for w, suffix, cls in WIDTHS:
            shift(name, w, suffix, cls)
            f = f'{name}{w}'
            widths.append(braces([
                handler(f'{f}_r{by}', f'shift_{"r"} (cpu, op, {f}, {w}, {flag})')
                for by, flag in (('i', 'FALSE'), ('cl', 'TRUE'))] + [
                handler(f'{f}_m{by}', f'shift_{"m"} (cpu, op, {f}, {w}, {flag})')
                for by, flag in (('i', 'FALSE'), ('cl', 'TRUE'))]))
        rows.append(braces(widths))
    table('mos_shift_handlers[MOS_N_SHIFTS][4][4]', braces(rows))


def moves():
    widths = []
    for w, _, _ in WIDTHS:
        cells = [handler(f'mov{w}_rr', f'move_rr (cpu, op, {w})'),
                 handler(f'mov{w}_ri', f'move_ri (cpu, op, {w})')]
        for form in ('rm', 'mr', 'mi'):
            cells += forms(f'mov{w}_{form}', f'move_{form}', f'{w}')
        widths.append(braces(cells + ['NULL', 'NULL']))
    table('mos_mov_handlers[4][MOS_N_ALU_FORMS]', braces(widths))
    kinds = []
    for sign, name in (('FALSE', 'movzx'), ('TRUE', 'movsx')):
        sources = []
        for source in (1, 2, 4):
            widths = []
            for w, _, _ in WIDTHS:
                f = f'{name}{source}{w}'
                widths.append(braces(
                    [handler(f'{f}_rr', f'extend_rr (cpu, op, {w}, {source}, {sign})')]
                    + forms(f'{f}_rm', 'extend_rm', f'{w}, {source}, {sign}')))
            sources.append(braces(widths))
        kinds.append(braces(sources))
    table('mos_extend_handlers[2][3][4][4]', braces(kinds))
    table('mos_lea_handlers[4]',
          braces([handler(f'lea{w}', f'lea (cpu, op, {w})') for w, _, _ in WIDTHS]))


def conditions():
    table('mos_jcc_handlers[16][2]', braces([
        braces([handler(f'j{cc}_near', f'jump_if (cpu, op, {cc}, FALSE)'),
                handler(f'j{cc}_far', f'jump_if (cpu, op, {cc}, TRUE)')])
        for cc in range(16)]))
    table('mos_setcc_handlers[16]', braces([
        handler(f'set{cc}_r', f'set_r (cpu, op, {cc})') for cc in range(16)]))
    table('mos_cmov_handlers[16][4][2]', braces([
        braces(['{ NULL, NULL }'] + [
            braces([handler(f'cmov{cc}_{w}_rr', f'cmov_rr (cpu, op, {w}, {cc})'),
                    handler(f'cmov{cc}_{w}_rm', f'cmov_rm (cpu, op, {w}, {cc})')])
            for w, _, _ in WIDTHS[1:]])
        for cc in range(16)]))
    table('mos_fused_handlers[2][4][2][16]', braces([
        braces([
            braces([
                braces([handler(f'{name}{w}_{form}_j{cc}',
                                f'fused_{form} (cpu, op, {name}{w}, {w}, {cc})')
                        for cc in range(16)])
                for form in ('rr', 'ri')])
            for w, _, _ in WIDTHS])
        for name in COMPARE]))


def main():
    alu()
    one_operand()
    shifts()
    moves()
    conditions()
    with open(sys.argv[1], 'w', encoding='utf-8') as file:
        file.write('#include "engine/cpu/soft/exec/handlers.h"\n'
                   '#include "engine/cpu/soft/exec/templates-more.h"\n')
        file.write(''.join(out))
        file.write(''.join(tables))


if __name__ == '__main__':
    main()
