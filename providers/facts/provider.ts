import { databaseStep } from "#providers/databaseStep.ts";
import type { FactsInputs } from "./runner.ts";

export const provider = databaseStep<FactsInputs>("facts", () => import("./runner.ts"));
