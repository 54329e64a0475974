"""One HTML page about campaigns: their course, their coverage, and their findings.

| module | does |
| --- | --- |
| ``kept`` | reads campaigns and findings from the folder of the findings |
| ``curves`` | makes the points of the curves |
| ``matrix`` | arranges the situations, and names those that cannot be reached |
| ``page`` | writes the page, by the template beside it |

The page is a single file without scripts. It holds texts of encoders under test, so everything that
is not of the template is escaped.
"""
