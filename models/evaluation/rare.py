"""Words that the CMU pronouncing dictionary does not have: a third each words, names and brands.

Called by `sentences.py` alone; a test looks every word up in the dictionary.
"""

EVERYDAY: tuple[str, ...] = (
    "podcasts", "hashtags", "touchscreen", "smartwatch", "vlogger", "emoji", "webcam", "unfollow",
    "rebooting", "ringtone", "chatbot", "hotspots", "bookmarked", "hoverboard", "dashcam",
    "newsfeed", "teapots", "snowdrift", "rainclouds", "sandcastle", "dragonfly", "windowsill",
    "footbridge", "treehouse", "repacking", "unlatched", "misfiled", "breadstick", "sugarless",
    "beetroot", "oatcakes", "flatbread", "cheesecloth", "kickboxing", "paragliding",
    "snowboarding", "slackline", "geocaching",
)  # fmt: skip

NAMES: tuple[str, ...] = (
    "Brenwick", "Thornby", "Marlbury", "Ashcombe", "Wexlow", "Pendrick", "Harlock", "Tamsin",
    "Kestrin", "Dunmarsh", "Oakhurst", "Stanbrook", "Linfield", "Coldbrook", "Westmarsh",
    "Millbrook", "Okafor", "Adeyemi", "Lindqvist", "Petrenko", "Ivanenko", "Baresi", "Taravao",
    "Belmora", "Santorino", "Kalimar", "Montrado", "Pelandra", "Ravello", "Zamboro", "Limona",
    "Karvala", "Torvik", "Helgarde", "Vardo", "Lomvik", "Sandvika",
)  # fmt: skip

BRANDS: tuple[str, ...] = (
    "Zanto", "Velora", "Brixo", "Tandix", "Mobilo", "Plento", "Kandor", "Solvex", "Mintro",
    "Zeltro", "Gravo", "Rinsol", "Dentro", "Vintara", "Pemlo", "Nortex", "Glimmo", "Snackle",
    "Sparklo", "Fizzbang", "Wobblet", "Grumbo", "Plunko", "Drimble", "Frobin", "Smickle", "Glonk",
)  # fmt: skip

RARE_WORDS: tuple[str, ...] = EVERYDAY + NAMES + BRANDS
