"""Tests, by app; journeys in flows/, Chromium in browser/, figures in bench/."""
