import { z } from 'zod';
import { innerKinds, roles } from './roles.ts';

/** The `hon` key of a checkpoint's config.json. */
export const honSchema = z.strictObject({
  order: z.int().min(1).max(16),
  projections: z
    .array(z.enum(roles))
    .min(1)
    .refine((list) => new Set(list).size === list.length, 'names a projection twice'),
  inner: z.enum(innerKinds),
});
export type HonSetting = z.infer<typeof honSchema>;
