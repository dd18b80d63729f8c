/**
 * The rows of the training splits that OLMES's authors chose for shots, in their order: by the data sets' own identifiers,
 * or where they have none by `textKey`.
 */
export const olmesShots = {
  arc_easy: [
    ...['MCAS_2007_8_5189', 'Mercury_SC_401169', 'MCAS_2004_8_27', 'NYSEDREGENTS_2006_8_10', 'Mercury_7013388'],
    ...['Mercury_7179953', 'Mercury_7205118', 'MCAS_2016_8_13'],
  ],
  arc_challenge: [
    ...['Mercury_SC_415702', 'MCAS_2009_5_6516', 'Mercury_7233695', 'Mercury_7041615', 'MCAS_1998_4_3'],
    ...[
      'Mercury_7041860',
      'ACTAAP_2013_5_11',
      'MDSA_2008_5_30',
      'MEA_2016_8_14',
      'Mercury_SC_401653',
      'Mercury_7106908',
    ],
  ],
  boolq: ['0', '1', '7', '11', '3', '4', '5'],
  csqa: [
    ...['61fe6e879ff18686d7552425a36344c8', '02e821a3e53cb320790950aab4489e85', '23505889b94e880c3e89cff4ba119860'],
    ...['a76403b4921a9281b6ee2a7241a5ec9f', '6dc921840aa1e5dda3333b79007f630b', 'e8a8b3a2061aa0e6d7c6b522e9612824'],
    '527e72eb38950b8031ee6217ef531960',
  ],
  hellaswag: [
    ...[
      '12 wikihow~19',
      '39 wikihow~66',
      '9 activitynet~v_-2dxp-mv2zo',
      '47 activitynet~v_-Xl95IW5H_s',
      '38 wikihow~62',
    ],
    ...['38 activitynet~v_-QuFk_ThRNg', '51 activitynet~v_-YjGbsbDoxs', '63 activitynet~v_-fMxoShIXiM'],
    ...['4 activitynet~v_-1IBHYS3L-Y', '30 activitynet~v_-JqLjPz-07E', '61 activitynet~v_-fBTCykx4gM'],
  ],
  openbookqa: ['7-584', '7-870', '9-732', '9-782', '8-72', '9-87', '1046', '1591', '7-1167'],
  piqa: [
    ...['86f460e9bfefb0ac', 'bd037b9ea39e5f68', '8d42998d9547fb0f', '5a7bf002974abb84', '20e777c9545fe2de'],
    ...['180725ee4c4dd514', '0367cf3a6afbc275'],
  ],
  socialiqa: [
    ...['63bd8c1022b1d8d3', '588da034b91495e2', '58137ae19f1a2100', '7e508008338fdbe1', '595ad620dc291277'],
    ...['27de083ea1d30035', '8bc4257b508497cf', 'f0b8572aac9337da'],
  ],
  winogrande: [
    ...['246e96fcb0080bab', '6f389a30cc3df87d', '044c3544d7ae19a7', 'ee6c949b2589081a', '92ec5ca6323b3ba5'],
    ...['48f287bea0263dc9', '77f124b3231321d3', 'f6c27a6f65f52b3e', 'db9523584664f7b3', '911fc1e5e8cfab28'],
  ],
} as const;
