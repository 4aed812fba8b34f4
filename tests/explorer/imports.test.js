// The modules import one way: lib, then state, then the views, then main. No circle, and nobody writes another's state.

import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';

const ROOT = path.resolve(import.meta.dirname, '../../demo/explorer');
const MODULES = readdirSync(ROOT, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.js'))
  .map((name) => name.split(path.sep).join('/'));
const IMPORT = /^(?:import|export)\b[^'"]*?\bfrom '([^']+)';|^import '([^']+)';/gm;

/** Every import of a module, as a path below ROOT. */
function importsOf(name) {
  const text = readFileSync(path.join(ROOT, name), 'utf8');
  return [...text.matchAll(IMPORT)].map((found) => path.posix.join(path.posix.dirname(name), found[1] ?? found[2]));
}

const GRAPH = new Map(MODULES.map((name) => [name, importsOf(name)]));

/** The first circle that is reached from a module, or null. */
function circleFrom(name, graph, path_ = [], done = new Set()) {
  if (path_.includes(name)) return [...path_.slice(path_.indexOf(name)), name];
  if (done.has(name)) return null;
  done.add(name);
  for (const other of graph.get(name) ?? []) {
    const circle = circleFrom(other, graph, [...path_, name], done);
    if (circle) return circle;
  }
  return null;
}

const layerOf = (name) => ({ lib: 0, state: 1 })[name.split('/')[0]] ?? (name === 'main.js' ? 3 : 2);

test('the reading of imports finds them', () => {
  assert.ok(GRAPH.get('main.js')?.includes('state/answers.js'));
  assert.ok(GRAPH.get('state/showing.js')?.includes('state/stroke.js'));
  assert.deepEqual(circleFrom('a', new Map([['a', ['b']], ['b', ['c']], ['c', ['b']]])), ['b', 'c', 'b']); // prettier-ignore
});

test('every module that is imported is there, and every module is imported', () => {
  const imported = new Set([...GRAPH.values()].flat());
  for (const name of imported) assert.ok(GRAPH.has(name), `${name} is imported and is not there`);
  for (const name of MODULES) assert.ok(imported.has(name) || name === 'main.js', `nobody imports ${name}`);
});

test('there is no circle', () => {
  for (const name of MODULES) assert.equal(circleFrom(name, GRAPH), null);
});

test('imports go one way: main, views, state, lib', () => {
  for (const [name, others] of GRAPH) {
    for (const other of others) assert.ok(layerOf(other) <= layerOf(name), `${name} imports ${other}`);
  }
});

test('lib and state can be read where there is no page', async () => {
  for (const name of MODULES.filter((one) => layerOf(one) < 2)) await import(path.join(ROOT, name));
});

test('what a state module shows of itself is read-only to the types', () => {
  for (const name of MODULES.filter((one) => layerOf(one) === 1)) {
    const text = readFileSync(path.join(ROOT, name), 'utf8');
    for (const [, shown] of text.matchAll(/^export const (\w+) = (?:state|channels);/gm)) {
      const before = text
        .slice(0, text.indexOf(`export const ${shown} =`))
        .trimEnd()
        .split('\n')
        .at(-1);
      assert.match(before, /@type \{Readonly/, `${shown} of ${name} can be written by others`);
    }
  }
});
