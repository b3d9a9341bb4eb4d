// Puts the page together.

judge();
setUpSound();
setUpPlayer();
setUpCaptions();
setUpTable();
setUpFilters();
setUpScenes();
setUpDetails();
setUpMasthead();
setUpTimeline();
setUpKeys();
setUpPrint();

window.addEventListener("hashchange", () => select(rowOfAddress()));
if (rowOfAddress() >= 0) select(rowOfAddress());
showTime();
