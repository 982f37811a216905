"""Tokens and money of a model call.

``shapes`` reads one usage object; ``extraction`` (AG2's responses) and ``raw`` (providers' JSON) find it.
``providers`` tells who was called. ``prices`` decides a call's price from the config, the user's file
(``price_file``) and ``list_prices``; ``rates`` does the arithmetic. ``counting`` counts tokens where a provider
reported none, and ``quality`` says how far a figure can be trusted.
"""
