import { asynchronous } from './suites/asynchronous.ts';
import { cost } from './suites/cost.ts';
import { http } from './suites/http.ts';
import { idle } from './suites/idle.ts';
import { permissions } from './suites/permissions.ts';
import { rules } from './suites/rules.ts';
import { storage } from './suites/storage.ts';
import { training } from './suites/training.ts';
import { upgrade } from './suites/upgrade.ts';
import { synthesized } from './synthesized.ts';

const variants = synthesized();
for (const suite of [storage, permissions, http, asynchronous, training, idle, cost, rules, upgrade]) suite(variants);
