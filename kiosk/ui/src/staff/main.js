import { mount } from 'svelte';
import '../fonts.css';
import '../theme.css';
import './staff.css';
import App from './App.svelte';
import { wear } from './colours.js';

wear();
mount(App, { target: document.getElementById('app') });
