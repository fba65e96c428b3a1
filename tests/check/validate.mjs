// Says of each AsyncAPI document that is named, in one sentence, why it is not valid; exits 1 if one is not.

import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { Parser } from '@asyncapi/parser';

const ERROR = 0; // severity of a diagnostic; what is less is advice

async function fault(path) {
  const text = await readFile(path, 'utf8');
  const { document, diagnostics } = await new Parser().parse(text, { source: path });
  const errors = diagnostics.filter(({ severity }) => severity === ERROR);
  if (errors.length > 0) {
    const [{ message, path: where }] = errors;
    const others = errors.length > 1 ? `, and ${errors.length - 1} more` : '';
    return `${message.replace(/\.$/, '')} at ${where.join('.') || 'the top'}${others}`;
  }
  return document?.version().startsWith('3.') ? undefined : `it is version ${document?.version()}, not 3`;
}

const paths = process.argv.slice(2);
if (paths.length === 0) {
  console.error('No AsyncAPI document was named.');
  process.exit(2);
}
for (const path of paths) {
  const reason = await fault(path).catch((error) => error.message);
  if (reason !== undefined) {
    console.error(`${basename(path)} is not valid: ${reason}.`);
    process.exitCode = 1;
  }
}
