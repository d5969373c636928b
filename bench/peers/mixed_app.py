"""Everything of `npm run bench -- api/mixed` in one FastAPI: the routes of `fastapi_app.py`, and predictions as in
`predict_app.py`, but for the owner of a token, and counted.

    python mixed_app.py FOLDER MODELS MODEL
"""

import sys

from fastapi import Depends

import fastapi_app
import predict_app

if __name__ == "__main__":
    predict_app.load(sys.argv[3])
    fastapi_app.app.include_router(predict_app.app.router, dependencies=[Depends(fastapi_app.caller)])
    fastapi_app.main()
