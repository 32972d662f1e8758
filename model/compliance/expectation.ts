import { z } from "zod";

/** A value that a rule compares with. */
const scalar = z.union([z.string().max(500), z.number(), z.boolean()], {
  error: "a text of at most 500 characters, a number, or true or false",
});
const texts = z.array(z.string().min(1).max(200)).min(1).max(50);
const days = z.number().min(0).max(36_500);

function operator<const N extends string, T extends z.ZodType>(name: N, value: T, description: string) {
  return z.strictObject({ operator: z.literal(name), value }).describe(description);
}

/** What a rule expects of a value. */
export const expectation = z.discriminatedUnion(
  "operator",
  [
    operator("equals", scalar, "The value itself."),
    operator("differs", scalar, "Any other value."),
    operator("one-of", z.array(scalar).min(1).max(50), "One of these values."),
    operator("at-least", z.number(), "A number that is not smaller."),
    operator("at-most", z.number(), "A number that is not larger."),
    operator("contains", texts, "A text, or a list, that has each of these in it."),
    operator(
      "excludes",
      texts,
      "A text, or a list of texts, in which none of these occurs, in upper or lower case.",
    ),
    operator("within", texts, "A list of paths, each of which is one of these or lies below one."),
    z
      .strictObject({
        operator: z.literal("modes-within"),
        value: z.string().regex(/^0[0-7]{3}$/, "a mode such as 0440"),
        below: z
          .string()
          .regex(/^\/[\w./-]{1,200}$/, "an absolute path")
          .optional(),
        except: z
          .array(z.string().regex(/^\/[\w./-]{1,200}$/, "an absolute path"))
          .max(20)
          .optional(),
      })
      .describe("A list of files, none of which allows more than this mode; folders count."),
    operator("days-ahead", days, "A time that lies at least so many days ahead."),
    operator("days-past", days, "A time that lies at most so many days back."),
  ],
  {
    error:
      "an operator: equals, differs, one-of, at-least, at-most, contains, excludes, within, modes-within, days-ahead or days-past",
  },
);

export type Expectation = z.output<typeof expectation>;
