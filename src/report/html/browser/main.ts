/** The page's script: what it imports is put into one with it. */
import type { PageData } from '../page_data.ts';
import { showDocuments } from './document_list.ts';
import { byId } from './dom.ts';
import { showTheme } from './theme.ts';

showTheme();
const data = document.getElementById('data');
if (data) {
  byId('controls').hidden = false;
  showDocuments(JSON.parse(data.textContent) as PageData);
}
