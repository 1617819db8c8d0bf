/**
 * Goal: code, comments, messages and documents are in plain, idiomatic English. Method: all of them are searched for
 * phrases that readers had to read twice. Single words with a good use ("look", "word") are left to reviewers.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';

const ROOT = join(__dirname, '..');
const PLACES = ['src', 'workflows', 'activities', 'test', 'examples', 'docs', 'bin'];
const DOCUMENTS = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md'];
const TEXT = /\.(ts|js|mjs|py|md)$/;
/** Data, and this list itself. */
const LEFT_OUT = ['test/histories/recorded', 'test/prose.test.ts'];

/** A phrase, and what to write in its place. Words of one phrase may be on two lines of a comment. */
const PHRASES: readonly (readonly [phrase: RegExp, instead: string])[] = [
  [/\bst(?:and|ands|anding|ood) still\b/, 'is paused, suspended or stalled'],
  [/\bwhoever\b/, 'name the actor'],
  [/\b(?:some|any)body\b/, 'name the actor: a person, the caller, another process'],
  [/\bnobody needs?\b/, 'is not needed'],
  [/\b(?:come|comes|came) to (?:an|its|their|his|itself|be|a)\b/, 'ends, results in'],
  [/\bwhat (?:it|a job|a chunk) (?:comes|came) to\b/, 'the result'],
  [/\bbe had\b/, 'is available, is found'],
  [/\bmend(?:s|ed|ing)?\b/, 'fix'],
  [/\bstands? in (?:the|its) way\b/, 'prevents, blocks'],
  [/\bin peace\b/, 'undisturbed'],
  [/\bmanieth\b/, 'n-th'],
  [/\bby turns\b/, 'in turn'],
  [/\bstands? twice\b/, 'is a duplicate'],
  [/\bperson's word\b/, "a person's answer or decision"],
  [/\bl(?:ie|ies|ay) in the store\b/, 'is stored, is in the store'],
  [/\bwhere (?:it|they|a job|the job) stands\b/, 'the progress of'],
  [/\bof no use to\b/, 'useless to'],
];

describe('prose', () => {
  const texts = [...PLACES.flatMap(filesBelow), ...DOCUMENTS].map((path) => ({
    path,
    text: withoutMargins(readFileSync(join(ROOT, path), 'utf8')),
  }));

  test('is read from all over the repository', () => {
    expect(texts.length).toBeGreaterThan(300);
  });

  test.each(PHRASES)('has no %p: %s', (phrase) => {
    const every = new RegExp(phrase.source, 'gi');
    const found = texts.flatMap(({ path, text }) =>
      [...text.matchAll(every)].map(
        ({ index }) => `${path}: …${text.slice(Math.max(0, index - 40), index + 60)}…`
      )
    );
    expect(found).toEqual([]);
  });
});

function filesBelow(place: string): string[] {
  return readdirSync(join(ROOT, place), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && TEXT.test(entry.name))
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .filter((path) => !LEFT_OUT.some((left) => path.startsWith(left)));
}

/** Joins the lines of a paragraph or comment, so that a phrase is found across a line break. */
function withoutMargins(text: string): string {
  return text.replace(/\n[ \t]*(?:\*|\/\/|#|>)?[ \t]*/g, ' ');
}
