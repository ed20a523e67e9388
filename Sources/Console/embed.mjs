// Makes what the gateway serves of what tsc has compiled: modules become one file each, and files become Swift.
//
//   node embed.mjs COMPILED OUTPUT
//
// The modules keep to what this understands: imports and exports by name from files beside them, without `as`, and no
// name twice at the top level of all of them.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const [compiled, output] = process.argv.slice(2);
const sources = dirname(fileURLToPath(import.meta.url));
const fromOthers = /^(?:import|export) [^;'"]*? from '(\.\/[^']+)';\n/gm;

/** The modules that a file needs, each behind those that it needs itself. */
function inOrder(file, suffix, found = []) {
  const text = readFileSync(file, 'utf8');
  for (const match of text.matchAll(fromOthers)) {
    const needed = resolve(dirname(file), match[1].replace(/\.js$/, suffix));
    if (!found.includes(needed)) inOrder(needed, suffix, found);
  }
  if (!found.includes(file)) found.push(file);
  return found;
}

/** What the entry exports, as `{ a, b }`; `export *` of a module is everything that it exports. */
function exportsOf(entry, suffix) {
  const names = [];
  for (const [, list, from] of readFileSync(entry, 'utf8').matchAll(/^export (?:type )?(\*|\{[^}]*\}) from '(\.[^']+)';/gm)) {
    if (list !== '*') names.push(...list.slice(1, -1).split(',').map((name) => name.replace(/\btype /, '').trim()).filter(Boolean));
    else names.push(...topLevelNames(readFileSync(resolve(dirname(entry), from.replace(/\.js$/, suffix)), 'utf8'), true));
  }
  return names;
}

function topLevelNames(text, exportedOnly) {
  const pattern = /^(export )?(?:declare )?(?:abstract )?(?:async )?(?:class|function\*?|const|let|interface|type|enum) (\w+)/gm;
  return [...text.matchAll(pattern)].filter(([, exported]) => exported || !exportedOnly).map(([, , name]) => name);
}

function bundle(entry, suffix) {
  const seen = new Map();
  const parts = inOrder(entry, suffix).filter((file) => file !== entry || !isOnlyExports(entry)).map((file) => {
    const text = readFileSync(file, 'utf8').replace(fromOthers, '');
    for (const name of topLevelNames(text, false)) {
      if (seen.has(name)) throw new Error(`${name} is in ${seen.get(name)} and in ${file}`);
      seen.set(name, file);
    }
    return text.replace(/^export \{\};\n/gm, '').replace(/^export (?=declare|class|function|async|const|let|interface|type|abstract)/gm, '');
  });
  const names = exportsOf(entry, suffix);
  if (names.length > 0) parts.push(`export { ${names.join(', ')} };\n`);
  const [text, imports] = withoutImports(parts.join(''));
  const left = text.match(/^import .*|^export \*.*/m);
  if (left) throw new Error(`not understood: ${left[0]}`);
  return imports + text;
}

/** What several modules import of the library becomes one import. */
function withoutImports(text) {
  const names = new Set();
  const rest = text.replace(/^import (?:type )?\{([^}]*)\} from '\.\.\/client\/sluice\.js';\n/gm, (_, list) => {
    for (const name of list.split(',')) if (name.trim() !== '') names.add(name.trim());
    return '';
  });
  return [rest, names.size > 0 ? `import { ${[...names].sort().join(', ')} } from '../client/sluice.js';\n` : ''];
}

function isOnlyExports(file) {
  return readFileSync(file, 'utf8').replace(fromOthers, '').trim() === '';
}

function embed(name, text) {
  if (text.includes('"""#') || text.includes('\\#')) throw new Error(`${name} cannot be a Swift literal`);
  const lines = text.replace(/\n$/, '').split('\n').map((line) => (line === '' ? '' : `        ${line.trimEnd()}`));
  const swift = `// Made by Scripts/build-console from Sources/Console.\nextension Assets {\n    static let ${name} = #"""\n`
    + `${lines.join('\n')}\n\n        """#\n}\n`;
  writeFileSync(join(output, `${name[0].toUpperCase()}${name.slice(1)}.swift`), swift);
}

mkdirSync(output, { recursive: true });
embed('clientJS', bundle(join(compiled, 'client/sluice.js'), '.js'));
embed('clientTypes', bundle(join(compiled, 'client/sluice.d.ts'), '.d.ts'));
embed('consoleJS', bundle(join(compiled, 'app/console.js'), '.js'));
embed('consoleCSS', readFileSync(join(sources, 'page/console.css'), 'utf8'));
embed('indexHTML', readFileSync(join(sources, 'page/index.html'), 'utf8'));
embed('iconSVG', readFileSync(join(sources, 'page/icon.svg'), 'utf8'));
