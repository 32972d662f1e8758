import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { quoteDotenv } from "#model/files/quoteDotenv.ts";
import { readDotenv } from "#model/files/validateDotenv.ts";

function faultsOf(text: string): string[] {
  return readDotenv(text).faults.map(({ rule, spot, parts }) =>
    `${rule} ${String(spot.line)} ${parts.join("/")}`.trim(),
  );
}

describe("a dotenv file", () => {
  const refused: [what: string, text: string, faults: string[]][] = [
    ["of 0 bytes", "", ["file-empty 1"]],
    [
      "with a bare value of two words, the second of which bash runs",
      "A=1\nB=KiloCode MCP\n",
      ["dotenv-syntax 2 B"],
    ],
    ["with a bare schedule", "S=0 2 * * *\n", ["dotenv-syntax 1 S"]],
    ["with a space before the equals sign", "A =1\n", ["dotenv-syntax 1 A"]],
    ["with a space behind the equals sign", "A= 1\n", ["dotenv-syntax 1 A"]],
    ["with a line that is no variable", "A=1\nnpm start\n", ["dotenv-syntax 2"]],
    ["with a name that bash does not take", "1A=1\n", ["dotenv-syntax 1"]],
    ["with a bare substitution", "A=$(id)\n", ["dotenv-syntax 1 A"]],
    ["with a substitution in double quotes", 'A="`id`"\n', ["dotenv-syntax 1 A"]],
    ["with an escape in double quotes", 'A="a\\nb"\n', ["dotenv-syntax 1 A"]],
    ["with quotes that do not close", "A='one\ntwo'\n", ["dotenv-syntax 1 A", "dotenv-syntax 2"]],
    ["with something behind the quotes", "A='one'two\n", ["dotenv-syntax 1 A"]],
    ["with a number sign in a bare value", "A=one#two\n", ["dotenv-syntax 1 A"]],
    ["with an ampersand in a bare value", "A=one&two\n", ["dotenv-syntax 1 A"]],
    ["with a tilde that bash expands", "A=~/one\n", ["dotenv-syntax 1 A"]],
    ["with Windows line ends", "A=1\r\nB=2\r\n", ["dotenv-syntax 1 A", "dotenv-syntax 2 B"]],
    ["with a byte order mark", "\uFEFFA=1\n", ["dotenv-syntax 1"]],
    ["with a variable twice", "A=1\nB=2\nA=1\n", ["dotenv-duplicate 3 A"]],
  ];
  for (const [what, text, expected] of refused) {
    it(`${what} is refused`, () => assert.deepEqual(faultsOf(text), expected));
  }

  it("is read with comments, empty lines, export and both kinds of quotes", () => {
    const text = `# one\n\nA=1\nexport B='two words'\nC="it's"\nD='' # nothing\nE=\nF=a=b\n`;
    assert.deepEqual(readDotenv(text).faults, []);
    assert.deepEqual(readDotenv(text).value, { A: "1", B: "two words", C: "it's", D: "", E: "", F: "a=b" });
  });

  it("gives the value that was meant, also where it is refused", () => {
    const { value } = readDotenv("A=KiloCode MCP Servers # name\nB= 5\n");
    assert.deepEqual(value, { A: "KiloCode MCP Servers", B: "5" });
  });

  it("gives what quoteDotenv has written", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", minLength: 1 }), (value) => {
        let quoted: string;
        try {
          quoted = quoteDotenv(value);
        } catch {
          return;
        }
        const read = readDotenv(`A=${quoted}\n`);
        assert.deepEqual([read.faults, read.value], [[], { A: value }]);
      }),
      { numRuns: 2000, seed: 1 },
    );
  });

  it("is read by bash as here, line by line, wherever it is not refused", () => {
    const piece = fc.constantFrom(
      "a",
      "B",
      "1",
      " ",
      "'",
      '"',
      "=",
      "#",
      "$",
      "\\",
      "~",
      ":",
      "/",
      "*",
      "{",
      "}",
      ",",
      "é",
      "!",
    );
    const lines = fc.sample(
      fc.array(piece, { maxLength: 8 }).map((parts) => parts.join("")),
      { numRuns: 4000, seed: 1 },
    );
    const accepted = lines
      .map((rest, index) => `V${String(index)}=${rest}`)
      .filter((line) => faultsOf(line).length === 0);
    assert.ok(accepted.length > 300, String(accepted.length));
    const text = `${accepted.join("\n")}\n`;
    const show = 'for name in "${!V@}"; do printf "%s=%s\\0" "$name" "${!name}"; done';
    const folder = mkdtempSync(join(tmpdir(), "kilocode-dotenv-"));
    const file = join(folder, ".env");
    writeFileSync(file, text);
    const { stdout, stderr, status } = spawnSync("/bin/bash", ["-c", `source "$1"; ${show}`, "-", file], {
      encoding: "utf8",
      env: { PATH: "", HOME: "/nobody" },
    });
    rmSync(folder, { recursive: true });
    assert.deepEqual([status, stderr], [0, ""]);
    const found = stdout.split("\0").filter((each) => each !== "");
    const pairs = found.map((each) => [each.slice(0, each.indexOf("=")), each.slice(each.indexOf("=") + 1)]);
    assert.deepEqual(Object.fromEntries(pairs), readDotenv(text).value);
  });
});
