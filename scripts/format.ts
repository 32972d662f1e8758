import { command } from "#toolchain/command.ts";
import { tool } from "#toolchain/tools.ts";

// npm run format: writes every source file as `npm run check` wants it.
await command(() => tool("prettier", ["--write", "--log-level", "warn", "."]));
