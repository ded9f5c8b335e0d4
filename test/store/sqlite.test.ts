import { openSqlite } from '../../server/store/sqlite/open.ts';
import { describeStore } from './conformance.ts';

describeStore('sqlite in memory', () => openSqlite({ file: ':memory:' }));
