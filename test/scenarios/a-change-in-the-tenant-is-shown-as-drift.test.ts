import { expect, it } from 'vitest';
import { Output } from '../../src/cli/terminal/output.ts';
import { UPN_SUFFIX } from './company.ts';
import { describeCompany, expectStep } from './describe-company.ts';
import { nameTenant } from './tenant-picture.ts';
