/** What can be wrong with a file by itself. What is wrong between files, the rules of `rules/` say. */
export const fileChecks = {
  "folder-empty": "A folder of configuration files has files in it.",
  "file-missing": "Every file that belongs to a deployment is there.",
  "file-unknown": "Every file has a name that something reads.",
  "file-unreadable": "A file is a regular one, readable, UTF-8 and of a reasonable size.",
  "file-empty": "No file is empty.",
  "json-syntax": "JSON is JSON: no comments, no trailing commas, nothing missing.",
  "json-duplicate-key": "No key stands twice in an object; programs differ in which one they take.",
  "dotenv-syntax":
    "bash's `source` and dotenv parsers read every line of .env alike, and nothing in it runs.",
  "dotenv-duplicate": "No variable is set twice.",
  placeholder: "No value was copied from an example.",
  "literal-secret": "Secrets stand in .env only; the other files refer to them.",
  "missing-key": "Every key that has no default is there.",
  "unknown-key": "Every key is one that the file has.",
  "invalid-value": "Every value has the type of its key and lies within its bounds.",
} as const;

export type FileCheck = keyof typeof fileChecks;

/** A line, counted from 1, and a column, counted from 1 in UTF-16 units. */
export interface Spot {
  readonly line: number;
  readonly column: number;
}

/** Where something stands. */
export interface Where {
  readonly file: string;
  readonly line?: number;
  readonly column?: number;
  /** JSON Pointer; in `.env` the variable, in a stack's file the key as `pulumi config` takes it. */
  readonly pointer: string;
}

/** One thing that is wrong with a file, or between files. */
export interface Finding extends Where {
  /** Id of a check above, of a rule of `rules/`, or a code of docs/errors.md. */
  readonly rule: string;
  /** What is wrong. Never holds a secret. */
  readonly problem: string;
  readonly mend: string;
  /** Other places that take part. */
  readonly related: readonly Where[];
}

/** A file's content with the places of all keys in it. */
export interface Document {
  /** Undefined if the text cannot be read at all. */
  readonly value: unknown;
  readonly faults: readonly SyntaxFault[];
  /** Where a key stands; of one that is missing, the innermost place that is there. */
  readonly spot: (parts: readonly string[]) => Spot;
}

export interface SyntaxFault {
  readonly rule: FileCheck;
  readonly parts: readonly string[];
  readonly spot: Spot;
  readonly problem: string;
  readonly mend: string;
}

/** Places of offsets in a text. */
export function spotter(text: string): (offset: number) => Spot {
  const starts = [0];
  for (let index = text.indexOf("\n"); index !== -1; index = text.indexOf("\n", index + 1)) {
    starts.push(index + 1);
  }
  return (offset) => {
    let [low, high] = [0, starts.length - 1];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (starts[middle]! <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: offset - starts[low]! + 1 };
  };
}
