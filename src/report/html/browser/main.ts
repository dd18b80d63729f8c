/** The page's script: what it imports is put into one with it. */
import type { PageData } from '../page_data.ts';
import { showChartChoices } from './chart_choice.ts';
import { showDifferences } from './difference_table.ts';
import { DocumentList } from './document_list.ts';
import { byId } from './dom.ts';
import { showTheme } from './theme.ts';
import { unpackColumns } from './unpack.ts';

showTheme();
showChartChoices();
const data = JSON.parse(byId('data').textContent) as PageData;
const list =
  data.count > 0 ? unpackColumns().then((columns) => new DocumentList(data, columns)) : Promise.resolve(null);
list.then((shown) => showDifferences(data, shown));
