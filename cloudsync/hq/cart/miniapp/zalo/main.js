import * as zalo from 'zmp-sdk/apis';
import { start } from './app.js';
import { base } from './settings.js';

start({ zalo, window, base });
