/** What is there in both languages says the same: headings, blocks, tables, and every word that programs read. */
import { globSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import type { ProblemCode } from '../../gateway/problems/codes.ts';
import { Problem, problemBody } from '../../gateway/problems/problem.ts';
import { blocksOf, pagesOf, ROOT, readDocument } from './support/markdown.ts';

const PAIRS = globSync('docs/**/*.vi.md', { cwd: ROOT })
  .sort()
  .map((vietnamese) => [vietnamese.replace('.vi.md', '.md'), vietnamese] as const);

t.test('each page for agencies is there in both languages', async (t) => {
  const [english, vietnamese] = await Promise.all(['docs/agencies.md', 'docs/agencies.vi.md'].map(pagesOf));
  t.ok(english!.length > 5);
  t.strictSame(
    vietnamese,
    english!.map((page) => page.replace('.md', '.vi.md')),
    'the same pages, in the same order',
  );
  t.same(
    english!.filter((page) => !PAIRS.some(([original]) => original === page)),
    [],
  );
});

/** Blocks that a reader reads, and that are in his language. */
const SPOKEN = new Set(['problem']);

/** Outside fenced blocks. */
const proseOf = (document: string) => document.replaceAll(/^```\S.*\n[\s\S]*?^```$/gm, '');
const headingsOf = (prose: string) => [...prose.matchAll(/^(#+) /gm)].map(([, level]) => level!);
const rowsOf = (prose: string) => prose.split('\n').filter((line) => line.startsWith('|'));

/** Words of a text that are code, sorted: an order of words is a language's own. */
const codeOf = (text: string) =>
  [...text.matchAll(/`([^`]+)`/g)].map(([, code]) => code!.replaceAll(/\s+/g, ' ')).sort();

for (const [english, vietnamese] of PAIRS) {
  t.test(`${vietnamese} says what ${english} says`, async (t) => {
    const [one, other] = (await Promise.all([english, vietnamese].map(readDocument))).map(proseOf) as [
      string,
      string,
    ];
    t.strictSame(headingsOf(other), headingsOf(one), 'headings');
    const [rows, translated] = [rowsOf(one), rowsOf(other)];
    t.equal(translated.length, rows.length, 'rows of tables');
    for (const [index, row] of rows.entries())
      t.strictSame(codeOf(translated[index] ?? ''), codeOf(row), row);
    const paragraphs = [one, other].map((prose) =>
      prose
        .split('\n')
        .filter((line) => !line.startsWith('|'))
        .join('\n'),
    );
    t.strictSame(codeOf(paragraphs[1]!), codeOf(paragraphs[0]!), 'code in the text');

    const [blocks, theirs] = await Promise.all([english, vietnamese].map(blocksOf));
    t.strictSame(
      theirs!.map(({ language, words, text }) => [language, words, SPOKEN.has(words[0] ?? '') ? '' : text]),
      blocks!.map(({ language, words, text }) => [language, words, SPOKEN.has(words[0] ?? '') ? '' : text]),
      'blocks',
    );
  });
}

t.test('the example of a problem is what the gateway writes', async (t) => {
  const [block] = (await blocksOf('docs/errors.vi.md')).filter(({ words }) => words[0] === 'problem');
  const example = JSON.parse(block!.text);
  const { code, agreement, legalBasis, errors, requestId } = example;
  const violations = (errors as { header: string; detail: string }[]).map((error) => ({
    ...error,
    vi: error.detail,
  }));
  const problem = new Problem(code as ProblemCode, { agreement, legalBasis, errors: violations });
  t.strictSame(problemBody(problem, 'vi', requestId), example);
});

/** One word for one thing, as officials write it: what is to be written, and what it replaces. */
const VOCABULARY: readonly (readonly [write: string, not: RegExp])[] = [
  ['hợp đồng dữ liệu', /hợp đồng(?! dữ liệu)/i],
  ['đối tượng', /chủ thể/i],
  ['xác thực', /chứng thực/i],
  ['giá trị đối chiếu', /mã kiểm(?! tra)/i],
  ['mã kiểm tra', /mã thử(?!\p{L})/iu],
  ['đối chiếu', /so khớp/i],
  ['chứng cứ', /(ghi|lưu|nhật ký|để lại|ghi vào|ghi được) bằng chứng/i],
  ['giới hạn tốc độ', /tần suất/i],
  ['lần gửi đã bỏ', /thư chết/i],
  ['không đặt trong dấu ngoặc kép', /từ khóa trần|không có ngoặc/i],
  ['ghi trong một trường', /viết liền/i],
  ['máy chủ của cổng', /bản sao( này| đang dừng)? của cổng|bản chạy/i],
];

t.test('the Vietnamese texts have one word for each thing', async (t) => {
  const folders = [
    ...['gateway/problems/sentences', 'gateway/documents/vietnamese', 'gateway/circumstances'],
    'schemas/vietnamese',
  ];
  const inFolders = folders.map(async (folder) =>
    (await readdir(join(ROOT, folder))).map((name) => join(folder, name)),
  );
  const paths = (await Promise.all(inFolders)).flat();
  paths.push('gateway/problems/codes.ts', 'README.vi.md', ...PAIRS.map(([, vietnamese]) => vietnamese));
  for (const path of paths) {
    const text = (await readDocument(path)).replaceAll(/\s+/g, ' ');
    for (const [write, not] of VOCABULARY) t.strictSame(text.match(not)?.[0], undefined, `${path}: ${write}`);
  }
});
