/**
 * Compares the declarations of each public entry point with its report in `docs/api/`, so that every change of what users
 * can import shows in a diff. A type that they see and cannot import is an error.
 *
 * Run it after a build; `--update` writes the reports.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { CompilerState, Extractor, ExtractorConfig } from '@microsoft/api-extractor';

const isUpdate = process.argv.includes('--update');
const reportFolder = resolve('docs/api');
const packageJsonFullPath = resolve('package.json');

/** Arguments and results of Workflows that only this package starts. */
const INTERNAL_NAMES = ['ChunkInput', 'ChunkState', 'RetryInput', 'RoundPlan'];

function nameOf(entryPoint) {
  return entryPoint === '.' ? 'index' : basename(entryPoint);
}

function configure(entryPoint, types, reportTempFolder) {
  return ExtractorConfig.prepare({
    configObjectFullPath: undefined,
    packageJsonFullPath,
    configObject: {
      projectFolder: resolve('.'),
      mainEntryPointFilePath: resolve(types),
      compiler: {
        overrideTsconfig: {
          compilerOptions: { module: 'node20', types: ['node'] },
          files: [types],
        },
      },
      apiReport: {
        enabled: true,
        reportFileName: nameOf(entryPoint),
        reportFolder,
        reportTempFolder,
      },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
    },
  });
}

/** @returns {string[]} what is wrong. */
function compare({ entryPoint, config }, compilerState, importableNames) {
  const problems = [];
  const messageCallback = (message) => {
    message.handled = true;
    if (message.messageId === 'ae-forgotten-export') {
      // A name that is a global's too is numbered.
      const forgotten = /"(\w+?)(_\d+)?"/.exec(message.text)?.[1] ?? '';
      if (importableNames.includes(forgotten)) return;
    } else if (message.category !== 'Compiler') {
      return;
    }
    problems.push(`${entryPoint}: ${message.text}`);
  };
  const options = { compilerState, localBuild: isUpdate, messageCallback };
  if (Extractor.invoke(config, options).apiReportChanged && !isUpdate) {
    problems.push(
      `${entryPoint}: differs from docs/api/${nameOf(entryPoint)}.api.md; run \`npm run api\``
    );
  }
  return problems;
}

/** What can be imported from the entry point that a report is about. */
function exportedNames(report) {
  const declared = report.matchAll(
    /^export (?:abstract |class |const |function |interface |type )+(\w+)/gm
  );
  // A name that is a global's too is numbered, and exported in a line of its own.
  const renamed = report.matchAll(/^export \{ \w+ as (\w+) \}/gm);
  return [...declared, ...renamed].map(([, name]) => name);
}

mkdirSync(reportFolder, { recursive: true });
const temporary = mkdtempSync(join(tmpdir(), 'message-batches-api-'));
const { exports } = JSON.parse(readFileSync(packageJsonFullPath, 'utf8'));
const entries = Object.entries(exports)
  .filter(([, { types }]) => types)
  .map(([entryPoint, { types }]) => ({
    entryPoint,
    config: configure(entryPoint, types, temporary),
  }));
const [main, ...others] = entries;
const compilerState = CompilerState.create(main.config, {
  additionalEntryPoints: others.map(({ config }) => config.mainEntryPointFilePath),
});

const problems = compare(main, compilerState, INTERNAL_NAMES);
// What the main entry point exports, the others need not.
const report = readFileSync(join(temporary, 'index.api.md'), 'utf8');
const importableNames = [...INTERNAL_NAMES, ...exportedNames(report)];
for (const entry of others) problems.push(...compare(entry, compilerState, importableNames));

rmSync(temporary, { recursive: true });
for (const problem of problems) console.error(problem);
process.exitCode = problems.length > 0 ? 1 : 0;
